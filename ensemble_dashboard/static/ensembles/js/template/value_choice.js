// SPDX-License-Identifier: Apache-2.0
/* The window in which values of the drawing become parameters: each value in a row, with what it is. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el, fillIn, icon, typed } = ensembles.dom;
  const { apiBody, templateDraft, values } = ensembles;

  const NEW = ' new'; // no parameter is called like this
  const KEEP = ' keep';

  const NOT_VALUES = ['tiers', 'type', 'to']; // of a policy: what it is, and of whom

  const NAMES = {
    count: gettext('Number of members'), flavor: gettext('Flavor'), image: gettext('Image'), networks: gettext('Network'),
    key_name: gettext('Key pair'), availability_zone: gettext('Availability zone'), metadata: gettext('Metadata'),
    security_groups: gettext('Security group'), user_data: gettext('User data'), name: gettext('Name'),
    level: gettext('Level'), enforcement: gettext('Enforcement'), max_per_domain: gettext('At most on one'),
  };

  /** What a place is called: "Flavor", "Metadata: role"; what has no name here is called as in the API. */
  function label(path) {
    const [first, ...rest] = path.filter((step) => step !== 'server');
    const inner = rest.filter((step) => typeof step === 'string').join(' ');
    const name = (Object.hasOwn(NAMES, first) && NAMES[first]) || String(first).replaceAll('_', ' ');
    return inner ? name + ': ' + inner : name;
  }

  /** The button on a tier's card, and how many of its values are parameters. */
  function button(tier, page) {
    const count = Object.keys(tier.bound || {}).length;
    return el('p', { class: 'ens-bound' }, el('button', {
      id: tier.key + '-values', type: 'button', class: 'btn btn-default btn-sm', 'aria-haspopup': 'dialog',
      'aria-label': fill(gettext('Parameters of %(tier)s'), { tier: tier.name }), on: { click: () => open(tier.key, page) },
    }, icon('template'), ' ', gettext('Parameters')), ' ',
    el('span', { class: 'ens-wrap' }, Object.entries(tier.bound || {}).map(([place, expression]) =>
      el('span', { class: 'ens-chip ens-chip-wide' }, label(JSON.parse(place)), ' = ', said(expression)))),
    tier.when === undefined ? null : el('span', { class: 'ens-chip ens-chip-wide ens-chip-conditional' },
      gettext('there if'), ' ', said(tier.when)), count || tier.when !== undefined ? null
      : el('span', { class: 'text-muted' }, gettext('Every value is as drawn.')));
  }

  /** An expression or a condition in short. */
  function said(expression) {
    return typed(values.parameterOf(expression) || values.names(expression).join(', ') || JSON.stringify(expression));
  }

  /** Open the window about a tier and the policies that are its alone. */
  function open(key, page) {
    const dialog = ensembles.dialog.open(gettext('Values that are parameters'), el('div', { class: 'ens-values' }),
      [el('button', {
        type: 'button', class: 'btn btn-primary', on: { click: () => dialog.close() },
      }, gettext('Done'))], 'ens-dialog-values');
    dialog.addEventListener('close', () => document.getElementById(key + '-values')?.focus());
    const draw = () => {
      const focused = document.activeElement?.id;
      fillIn(dialog.querySelector('.ens-values'), table(key, page, draw));
      if (focused) { document.getElementById(focused)?.focus(); }
    };
    draw();
  }

  function table(key, page, again) {
    const { draft } = page;
    const place = draft.tiers.findIndex((one) => one.key === key);
    const tier = draft.tiers[place];
    const body = apiBody.body(draft);
    const own = draft.policies.flatMap((policy, at) =>
      (policy.tiers.includes(key) ? [[policy, body.policies[at]]] : []));
    const { count, server } = body.tiers[place];
    const rows = rowsOf(page, again, 'tiers', tier, { count, server });
    return [
      el('p', { class: 'text-muted' }, gettext('A value is the same each time the template is used, or a parameter that is '
        + 'given then. What is drawn for a parameter is its default.')),
      el('table', { class: 'table table-condensed ens-stacked' },
        el('thead', {}, el('tr', {}, [
          gettext('Value'), gettext('Drawn'), gettext('When the template is used'),
        ].map((title) =>
          el('th', { scope: 'col' }, title)))),
        el('tbody', {}, condition(page, tier, again), rows, own.map(([policy, described]) => {
          const rest = Object.fromEntries(Object.entries(described).filter(([name]) => !NOT_VALUES.includes(name)));
          return [
            el('tr', {}, el('th', { scope: 'colgroup', colspan: 3, class: 'ens-wrap' }, page.sentence(policy))),
            rowsOf(page, again, 'policies', policy, rest),
          ];
        }))),
    ];
  }

  function rowsOf(page, again, part, item, described) {
    return values.leaves(described).map(([path, value]) => {
      const expression = (item.bound || {})[JSON.stringify(path)];
      const id = [item.key, 'value', ...path].join('-').replace(/[^\w-]/g, '_');
      return el('tr', { 'data-place': path.join('.') },
        el('th', { scope: 'row' }, el('label', { for: id }, label(path))),
        el('td', { class: 'ens-wrap', 'data-label': gettext('Drawn') }, typed(shown(page, path, value))),
        el('td', {}, select(page, id, expression, typeof value, (chosen) => {
          let { draft } = page;
          let name = chosen;
          if (chosen === KEEP) { return; }
          if (chosen === NEW) { [draft, name] = templateDraft.add(draft, path, value, part === 'tiers' ? item.name : ''); }
          draft = templateDraft.bind(draft, part, item.key, path, name ? { get_param: name } : null);
          const parameter = draft.parameters[name];
          if (parameter && Object.hasOwn(parameter, 'default')) {
            draft = templateDraft.withValue(draft, name, parameter.default);
          }
          page.edit(draft);
          again();
        })));
    });
  }

  function shown(page, path, value) {
    const kind = { flavor: 'flavors', image: 'images', networks: 'networks', security_groups: 'security_groups' }[path[1]];
    return String(kind ? page.catalogue.name(kind, value) : value).slice(0, 200);
  }

  /** type: of JavaScript, for the parameters that fit. */
  function select(page, id, expression, type, change) {
    const fits = { number: 'number', boolean: 'boolean' }[type] || 'string';
    const chosen = values.parameterOf(expression);
    const fitting = Object.entries(page.draft.parameters).filter(([name, one]) => one.type === fits || name === chosen);
    const option = (value, words, selected) => el('option', { value, selected }, words);
    return el('select', { id, class: 'form-control', on: { change: ({ target }) => change(target.value) } },
      option('', gettext('as drawn'), !expression),
      expression && !chosen ? option(KEEP, gettext('as it was written, with parameters in it'), true) : null,
      fitting.map(([name]) => option(name, fill(gettext('parameter %(name)s'), { name }), name === chosen)),
      option(NEW, gettext('a new parameter'), false));
  }

  /** Whether the tier is there at all. */
  function condition(page, tier, again) {
    const id = tier.key + '-when';
    const flags = Object.entries(page.draft.parameters).filter(([, one]) => one.type === 'boolean');
    const chosen = values.parameterOf(tier.when);
    const change = (value) => {
      let { draft } = page;
      let name = value;
      if (value === KEEP) { return; }
      if (value === NEW) {
        name = templateDraft.freeName(draft.parameters, 'with_' + tier.name);
        draft = { ...draft, parameters: { ...draft.parameters, [name]: { type: 'boolean', default: true } } };
      }
      const when = name ? { get_param: name } : undefined;
      page.edit({ ...draft, tiers: draft.tiers.map((one) => (one.key === tier.key ? { ...one, when } : one)) });
      again();
    };
    const option = (value, words, selected) => el('option', { value, selected }, words);
    return el('tr', {}, el('th', { scope: 'row' }, el('label', { for: id }, gettext('This tier is there'))),
      el('td', {}, ''),
      el('td', {}, el('select', { id, class: 'form-control', on: { change: ({ target }) => change(target.value) } },
        option('', gettext('always'), tier.when === undefined),
        tier.when !== undefined && !chosen ? option(KEEP, gettext('on the condition that was written'), true) : null,
        flags.map(([name]) => option(name, fill(gettext('if %(name)s is chosen'), { name }), name === chosen)),
        option(NEW, gettext('if it is asked for, by a new parameter'), false))));
  }

  ensembles.valueChoice = { label, button, open };
}());
