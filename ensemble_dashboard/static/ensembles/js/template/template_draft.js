// SPDX-License-Identifier: Apache-2.0
/* A drawing with parameters as data, and the template that it is: each change gives a new draft. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { apiBody, document: { drawing }, values } = ensembles;

  // A draft of drafts.js has beside: parameters: {name: as the API has it}; in each tier `bound` (see values.js) and
  // `when`, a condition or undefined; in each policy `bound` and `when`; and `bound` of all else that it has.
  // What is drawn is what comes with the defaults; for a parameter without a default it is an example.

  const KINDS = {
    flavor: 'nova.flavor', image: 'glance.image', key_name: 'nova.keypair', networks: 'neutron.network',
  };
  const PARTS = ['tiers', 'policies'];

  /** The drawing of a template: {name, description, parameters, ensemble}. choices: as the page brought them. */
  function drawn(given, choices) {
    const { parameters = {}, name, description, ensemble } = given;
    const sample = (expression) => standIn(parameters, expression, choices);
    const take = (one) => values.taken(one, sample);
    const parts = Object.fromEntries(PARTS.map((part) => [part, (ensemble[part] || []).map(({ when, ...rest }) =>
      ({ ...take(rest), when }))]));
    const others = take(Object.fromEntries(Object.entries(ensemble).filter(([key]) => !PARTS.includes(key))));
    const plain = drawing({
      ...others.plain, name, description,
      tiers: parts.tiers.map((one) => one.plain), policies: parts.policies.map((one) => one.plain),
    });
    const kept = (part) => plain[part].map((one, place) => ({
      ...one, bound: parts[part][place].bound, when: parts[part][place].when,
    }));
    return { ...plain, tiers: kept('tiers'), policies: kept('policies'), bound: others.bound, parameters };
  }

  /** What stands in for an expression: a default, or an example. */
  function standIn(parameters, expression, choices) {
    if ('str_replace' in expression) { return expression.str_replace.template; }
    const parameter = parameters[expression.get_param] || { type: 'string' };
    if (Object.hasOwn(parameter, 'default')) { return parameter.default; }
    return listed(parameter, choices) ?? ensembles.parameters.choices(parameter)?.[0] ?? example(parameter);
  }

  /** The first one of the list that the values of a parameter are chosen from. */
  function listed(parameter, choices) {
    const [first] = choices?.[ensembles.parameters.kind(parameter)] || [];
    return first?.id;
  }

  function example(parameter) {
    const { min = 1 } = ensembles.parameters.constraint(parameter, 'range') || {};
    return { number: min, boolean: false, comma_delimited_list: [], json: {} }[parameter.type] ?? 'a';
  }

  /** The template that a draft is. */
  function template(draft) {
    const { name, description, ...whole } = apiBody.body(draft);
    const made = {
      ...values.put(whole, draft.bound),
      tiers: whole.tiers.map((tier, place) =>
        conditional(values.put(tier, draft.tiers[place].bound), draft.tiers[place])),
      policies: whole.policies.map((policy, place) =>
        conditional(values.put(policy, draft.policies[place].bound), draft.policies[place])),
    };
    return { name, description: description || '', parameters: draft.parameters || {}, ensemble: made };
  }

  function conditional(made, { when }) {
    return when === undefined ? made : { ...made, when };
  }

  /** A draft with other values in the places of one parameter. */
  function withValue(draft, name, value) {
    const body = apiBody.body(draft);
    const give = (expression, now) => (values.parameterOf(expression) === name ? value : now);
    const filled = drawing({
      ...values.put(body, draft.bound, give),
      tiers: body.tiers.map((tier, place) => values.put(tier, draft.tiers[place].bound, give)),
      policies: body.policies.map((policy, place) => values.put(policy, draft.policies[place].bound, give)),
    });
    const merged = (part, kept) => draft[part].map((one, place) => (uses(one.bound, name)
      ? { ...one, ...filled[part][place], ...Object.fromEntries(kept.map((field) => [field, one[field]])) } : one));
    const { metadata, recovery } = uses(draft.bound, name) ? filled : draft;
    return {
      ...draft, metadata, recovery, tiers: merged('tiers', ['key']),
      policies: merged('policies', ['key', 'tiers', 'to']),
    };
  }

  const uses = (bound, name) => Object.values(bound || {}).some((expression) => values.parameterOf(expression) === name);

  /** What somebody has drawn in the place of a parameter becomes its default, and stands in all its places. */
  function settled(before, after) {
    const [old, now] = [apiBody.body(before), apiBody.body(after)];
    let draft = after;
    for (const [part, place, key, bound] of bindings(after)) {
      const name = values.parameterOf(bound);
      const was = before[part]?.findIndex((one) => one.key === key);
      if (!name || was < 0 || !draft.parameters[name]) { continue; }
      const is = after[part].findIndex((one) => one.key === key);
      const [earlier, later] = [values.at(old[part][was], place), values.at(now[part][is], place)];
      if (earlier === undefined || later === undefined || JSON.stringify(earlier) === JSON.stringify(later)) { continue; }
      draft = withValue(withDefault(draft, name, later), name, later);
    }
    return draft;
  }

  /** Where single values of tiers and policies are bound: [[part, path, key, expression]]. */
  function bindings(draft) {
    return PARTS.flatMap((part) => draft[part].flatMap(({ key, bound }) =>
      Object.entries(bound || {}).map(([place, expression]) => [part, JSON.parse(place), key, expression])));
  }

  function withDefault(draft, name, value) {
    const parameter = draft.parameters[name];
    if (!Object.hasOwn(parameter, 'default')) { return draft; }
    return { ...draft, parameters: { ...draft.parameters, [name]: { ...parameter, default: value } } };
  }

  /** A draft in which a value of a tier or policy is an expression, or again what is drawn, for null. */
  function bind(draft, part, key, path, expression) {
    const place = JSON.stringify(path);
    const changed = (one) => {
      const bound = { ...one.bound };
      delete bound[place];
      return { ...one, bound: expression ? { ...bound, [place]: expression } : bound };
    };
    return { ...draft, [part]: draft[part].map((one) => (one.key === key ? changed(one) : one)) };
  }

  /** A draft with one more parameter for a value; gives [draft, its name]. */
  function add(draft, path, value, stem) {
    const steps = path.filter((step) => typeof step === 'string' && step !== 'server');
    const last = steps[steps.length - 1] || 'value';
    const name = freeName(draft.parameters, [stem, last].filter(Boolean).join('_'));
    const kind = typeof value === 'string' && KINDS[steps[0]];
    const parameter = {
      type: { number: 'number', boolean: 'boolean' }[typeof value] || 'string', default: value,
      ...(kind ? { constraints: [{ custom_constraint: kind }] } : {}),
    };
    return [{ ...draft, parameters: { ...draft.parameters, [name]: parameter } }, name];
  }

  function freeName(parameters, wanted) {
    const stem = wanted.replace(/[^a-zA-Z0-9_-]/g, '_').replace(/^[^a-zA-Z]+/, '').slice(0, 56) || 'value';
    let name = stem;
    for (let number = 2; Object.hasOwn(parameters || {}, name); number += 1) { name = stem + '_' + number; }
    return name;
  }

  /** A draft without a parameter: what is drawn stands in its places. */
  function remove(draft, name) {
    const without = (one) => ({
      ...one, when: values.names(one.when).includes(name) ? undefined : one.when,
      bound: Object.fromEntries(Object.entries(one.bound || {}).filter(([, expression]) =>
        !values.names(expression).includes(name))),
    });
    const parameters = { ...draft.parameters };
    delete parameters[name];
    return { ...without(draft), parameters, tiers: draft.tiers.map(without), policies: draft.policies.map(without) };
  }

  /** A draft in which a parameter is called something else, in its place in the list. */
  function rename(draft, name, to) {
    const named = (one) => ({
      ...one, bound: values.renamed(one.bound || {}, name, to), when: values.renamed(one.when, name, to),
    });
    const parameters = Object.fromEntries(Object.entries(draft.parameters)
      .map(([key, one]) => [key === name ? to : key, one]));
    return { ...named(draft), parameters, tiers: draft.tiers.map(named), policies: draft.policies.map(named) };
  }

  ensembles.templateDraft = { drawn, template, withValue, withDefault, settled, bind, add, remove, rename, freeName };
}());
