// SPDX-License-Identifier: Apache-2.0
/* The values of a template's parameters: what a field begins with, what it says, and what is wrong with that. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;

  // What the API looks up, and the list that it is chosen from.
  const KINDS = {
    'nova.flavor': 'flavors', 'glance.image': 'images', 'neutron.network': 'networks', 'nova.keypair': 'key_pairs',
  };

  const constraint = (parameter, name) => (parameter.constraints || []).find((one) => Object.hasOwn(one, name))?.[name];

  /** The list of the cloud that the values of a parameter are chosen from; undefined if there is none. */
  function kind(parameter) {
    return KINDS[constraint(parameter, 'custom_constraint')];
  }

  /** The values that there are; null where there are others. A default is among them. */
  function choices(parameter) {
    return constraint(parameter, 'allowed_values') || null;
  }

  const isRequired = (parameter) => !Object.hasOwn(parameter, 'default');

  /** What the field of a parameter begins with: a text, true or false, or for a list with choices a list. */
  function first(parameter) {
    return isRequired(parameter) ? blank(parameter) : shown(parameter, parameter.default);
  }

  function blank({ type }) {
    return type === 'boolean' ? false : '';
  }

  /** A value as its field has it. */
  function shown({ type }, value) {
    switch (type) {
      case 'boolean': return value;
      case 'json': return JSON.stringify(value, null, 1);
      case 'comma_delimited_list': return value.join(', ');
      default: return String(value);
    }
  }

  /** What is sent for what a field has; undefined for nothing, with which the API takes the default. */
  function read({ type }, text) {
    if (type === 'boolean') { return text; }
    if (type === 'string') { return text === '' ? undefined : text; }
    if (text.trim() === '') { return undefined; }
    switch (type) {
      case 'number': return /^-?\d{1,15}$/.test(text.trim()) ? Number(text.trim()) : text;
      case 'json': try { return JSON.parse(text); } catch { return text; }
      default: return text.split(',').map((one) => one.trim());
    }
  }

  /**
   * What is wrong with what a field has, as far as it can be told here; '' if nothing is. Patterns are left to the API:
   * it matches them in a bounded time, and a browser does not.
   */
  function fault(parameter, text) {
    const value = read(parameter, text);
    if (value === undefined) { return isRequired(parameter) ? gettext('This must be given.') : ''; }
    const wrong = ofType(parameter, value);
    if (wrong) { return wrong; }
    for (const one of parameter.constraints || []) {
      const found = against(one, value);
      if (found) { return one.description || found; }
    }
    return '';
  }

  function ofType({ type }, value) {
    if (type === 'number' && typeof value !== 'number') { return gettext('This must be a whole number.'); }
    if (type === 'json' && (typeof value !== 'object' || value === null)) {
      return gettext('This must be an object or a list in JSON.');
    }
    return '';
  }

  function against(one, value) {
    const length = Array.isArray(value) || typeof value === 'string' ? [...value].length : Object.keys(value).length;
    if (one.range) { return outside(one.range, value, gettext('At least %(min)s.'), gettext('At most %(max)s.')); }
    if (one.length) {
      return outside(one.length, length, gettext('At least %(min)s characters or items.'),
        gettext('At most %(max)s characters or items.'));
    }
    if (one.allowed_values && ![value].flat().every((each) => one.allowed_values.includes(each))) {
      return fill(gettext('One of %(values)s.'), { values: one.allowed_values.join(', ') });
    }
    return '';
  }

  function outside({ min, max }, number, few, many) {
    if (min !== undefined && number < min) { return fill(few, { min }); }
    return max !== undefined && number > max ? fill(many, { max }) : '';
  }

  ensembles.parameters = { kind, choices, isRequired, first, shown, read, fault, constraint };
}());
