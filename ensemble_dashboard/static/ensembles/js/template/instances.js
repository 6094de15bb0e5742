// SPDX-License-Identifier: Apache-2.0
/* What is to be made of a template, as data: instances with names and what their fields have; each change gives new ones. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { parameters } = ensembles;

  // An INSTANCE: {key, name, fields: {parameter: what its field has, as parameters.js says}}.

  /** The first one. */
  function first(template) {
    const fields = Object.entries(template.parameters).map(([name, one]) => [name, parameters.first(one)]);
    return [{ key: 'i1', name: '', fields: Object.fromEntries(fields) }];
  }

  /** One more, like the last one but for its name. */
  function add(all) {
    const last = all[all.length - 1];
    const number = Math.max(...all.map(({ key }) => Number(key.slice(1)))) + 1;
    return [...all, { ...last, key: 'i' + number, name: nextName(last.name, all.map(({ name }) => name)) }];
  }

  /** "shop-3" after "shop-2", one that nobody has. */
  function nextName(name, taken) {
    if (!name.trim()) { return ''; }
    const [, stem, digits] = /^(.*?)-?(\d{0,9})$/.exec(name);
    let number = digits ? Number(digits) : 1;
    let found;
    do {
      number += 1;
      found = stem + '-' + number;
    } while (taken.includes(found));
    return found;
  }

  const remove = (all, key) => all.filter((one) => one.key !== key);

  /** One of them with another name, or with something else in a field. */
  function rename(all, key, name) {
    return all.map((one) => (one.key === key ? { ...one, name } : one));
  }

  function change(all, key, name, value) {
    return all.map((one) => (one.key === key ? { ...one, fields: { ...one.fields, [name]: value } } : one));
  }

  /** What is sent: {version, instances}. What has no value is left to its default; a preview needs no name yet. */
  function body(all, template, nameless = '') {
    return {
      version: template.version,
      instances: all.map(({ name, fields }) => {
        const values = Object.entries(template.parameters)
          .map(([key, one]) => [key, parameters.read(one, fields[key])]).filter(([, value]) => value !== undefined);
        return { name: name.trim() || nameless, parameters: Object.fromEntries(values) };
      }),
    };
  }

  /** What is missing or wrong: [{key, field: a parameter's name or '' for the name, message}]. */
  function faults(all, template) {
    return all.flatMap(({ key, name, fields }) => {
      const own = name.trim();
      const twice = own && all.some((one) => one.key !== key && one.name.trim() === own);
      const named = own ? (twice ? gettext('Another one has this name.') : '') : gettext('Give it a name.');
      const found = Object.entries(template.parameters)
        .map(([field, one]) => ({ key, field, message: parameters.fault(one, fields[field]) }));
      return [{ key, field: '', message: named }, ...found].filter(({ message }) => message);
    });
  }

  /**
   * Where an error of the API belongs: {key, field, message}; null where it is about no field of the form. The API
   * names a field of one of several "instances[1].parameters.count", of one alone "parameters.count".
   */
  function place(all, template, { field, reason }) {
    const [, at, rest] = /^(?:instances\[(\d+)\]\.)?(.*)$/.exec(field || '');
    const one = all[Number(at || 0)];
    const name = /^parameters\.([\w-]+)/.exec(rest)?.[1];
    if (one && name && Object.hasOwn(template.parameters, name)) { return { key: one.key, field: name, message: reason }; }
    return one && /^(ensemble\.)?name$/.test(rest) ? { key: one.key, field: '', message: reason } : null;
  }

  /** A fault as a sentence of its own: "shop-1, Web servers: at most 8". */
  function sentence(all, template, { key, field, message }) {
    const { name } = all.find((one) => one.key === key);
    const label = field && (template.parameters[field].label || field);
    const where = [all.length > 1 && name.trim(), label].filter(Boolean).join(', ');
    return where ? fill(gettext('%(where)s: %(problem)s'), { where, problem: message }) : message;
  }

  ensembles.instances = { first, add, remove, rename, change, nextName, body, faults, place, sentence };
}());
