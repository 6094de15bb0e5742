// SPDX-License-Identifier: Apache-2.0
/* A tier as a card: what its servers are made of, how many, and its own policies. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, fill, size } = ensembles.words;
  const { el, icon, badge } = ensembles.dom;
  const error = ensembles.problems.slot;

  /**
   * Make the card. page: {draft, choices, legend: Map of key -> legend entry, unfolded: Set of keys,
   * type(key, values), change(key, values), duplicate(key), remove(key), addPolicy(values),
   * policyRow(policy)}. `type` is for fields being typed in, which must stay as they are.
   */
  function card(tier, page) {
    const id = (field) => tier.key + '-' + field;
    return el('div', {
      id: id('card'), class: 'ens-card', role: 'group', tabindex: -1, 'data-tier': tier.key,
    },
    el('h3', { class: 'sr-only', 'data-name': tier.key }, tier.name),
      head(tier, page, id), error(id('name')), error(id('count')),
      el('div', { class: 'ens-card-pair' },
        choice(tier, page, id, 'flavor', gettext('Flavor'), page.choices.flavors,
          (flavor) => flavor.name + ' · ' + size(flavor)),
        choice(tier, page, id, 'image', gettext('Image'), page.choices.images, (image) => image.name)),
      more(tier, page, id),
      policies(tier, page));
  }

  function head(tier, page, id) {
    return el('div', { class: 'ens-card-head' },
      el('span', { 'data-badge': tier.key }, badge(page.legend.get(tier.key))),
      el('label', { class: 'sr-only', for: id('name') }, gettext('Name of the tier')),
      el('input', {
        id: id('name'), class: 'form-control ens-tier-name', type: 'text', value: tier.name, spellcheck: 'false',
        on: { input: (event) => page.type(tier.key, { name: event.target.value.trim() }) },
      }),
      stepper(tier, page, id),
      tool(id('duplicate'), 'copy', fill(gettext('Duplicate the tier %(tier)s'), { tier: tier.name }),
        () => page.duplicate(tier.key)),
      tool(id('remove'), 'trash', fill(gettext('Remove the tier %(tier)s'), { tier: tier.name }),
        () => page.remove(tier.key)));
  }

  function stepper(tier, page, id) {
    const step = (by) => () => page.change(tier.key, { count: Math.max(1, (tier.count || 0) + by) });
    return el('div', {
      class: 'ens-stepper', role: 'group', 'aria-label': fill(gettext('Members of %(tier)s'), { tier: tier.name }),
    },
    el('button', {
      id: id('less'), type: 'button', class: 'btn btn-default', disabled: tier.count <= 1,
      'aria-label': gettext('One member less'), on: { click: step(-1) },
    }, icon('less')),
    el('label', { class: 'sr-only', for: id('count') }, gettext('Number of members')),
    el('input', {
      id: id('count'), class: 'form-control', type: 'number', min: 1, max: ensembles.model.MAX_COUNT,
      value: Number.isInteger(tier.count) ? tier.count : '',
      on: { input: (event) => page.type(tier.key, { count: whole(event.target.value) }) },
    }),
    el('button', {
      id: id('more'), type: 'button', class: 'btn btn-default', 'aria-label': gettext('One member more'),
      on: { click: step(1) },
    }, icon('more')));
  }

  function whole(text) {
    return /^\d{1,6}$/.test(text) ? Number(text) : null;
  }

  function tool(id, sign, label, action) {
    return el('button', {
      id, type: 'button', class: 'btn btn-link ens-tool', 'aria-label': label, title: label, on: { click: action },
    }, icon(sign));
  }

  function choice(tier, page, id, field, label, items, text) {
    const known = items.some((item) => item.id === tier[field]);
    return el('div', { class: 'form-group' },
      el('label', { for: id(field) }, label),
      el('select', {
        id: id(field), class: 'form-control',
        on: { change: (event) => page.change(tier.key, { [field]: event.target.value }) },
      },
      known ? null : el('option', { value: '', selected: true }, gettext('Choose…')),
      items.map((item) => el('option', { value: item.id, selected: item.id === tier[field] }, text(item)))),
      error(id(field)));
  }

  function more(tier, page, id) {
    const chosen = Array.isArray(tier.networks);
    return el('details', {
      class: 'ens-more', open: page.unfolded.has(tier.key),
      on: { toggle: (event) => { page.unfolded[event.target.open ? 'add' : 'delete'](tier.key); } },
    },
    el('summary', { id: id('unfold') }, gettext('Networks, key pair, security groups'), ' ',
      el('span', { class: 'text-muted ens-wrap' }, summary(tier, page.choices))),
    el('div', { class: 'form-group' },
      el('label', { for: id('networks') }, gettext('Networks')),
      el('select', {
        id: id('networks'), class: 'form-control',
        on: {
          change: (event) => page.change(tier.key,
            { networks: event.target.value === 'chosen' ? [] : event.target.value }),
        },
      },
      option('auto', gettext('Automatic: the only network of the project'), tier.networks === 'auto'),
      option('chosen', gettext('These networks:'), chosen),
      option('none', gettext('No network'), tier.networks === 'none')),
      chosen ? boxes(page.choices.networks, tier.networks, id('network'), gettext('Networks'),
        (networks) => page.change(tier.key, { networks })) : null,
      error(id('networks'))),
    el('div', { class: 'form-group' },
      el('label', { for: id('keyName') }, gettext('Key pair')),
      el('select', {
        id: id('keyName'), class: 'form-control',
        on: { change: (event) => page.change(tier.key, { keyName: event.target.value }) },
      },
      option('', gettext('None'), !tier.keyName),
      page.choices.key_pairs.map((pair) => option(pair.id, pair.name, pair.id === tier.keyName))),
      error(id('keyName'))),
    el('div', { class: 'form-group' },
      el('span', { class: 'ens-label' }, gettext('Security groups')),
      boxes(page.choices.security_groups, tier.securityGroups, id('group'), gettext('Security groups'),
        (securityGroups) => page.change(tier.key, { securityGroups })),
      error(id('securityGroups'))));
  }

  function option(value, text, selected) {
    return el('option', { value, selected }, text);
  }

  function boxes(items, chosen, prefix, label, change) {
    if (!items.length) { return el('p', { class: 'text-muted' }, gettext('There are none.')); }
    return el('ul', { class: 'ens-boxes', role: 'group', 'aria-label': label }, items.map((item, index) =>
      el('li', {}, el('label', {}, el('input', {
        id: prefix + index, type: 'checkbox', checked: chosen.includes(item.id),
        on: {
          change: (event) => change(event.target.checked
            ? [...chosen, item.id] : chosen.filter((other) => other !== item.id)),
        },
      }), ' ', el('span', { class: 'ens-wrap' }, item.name)))));
  }

  /** What is chosen in the folded part. */
  function summary(tier, choices) {
    const names = (items, ids) => items.filter((item) => ids.includes(item.id)).map((item) => item.name);
    const networks = {
      auto: gettext('automatic network'), none: gettext('no network'),
    }[tier.networks] || names(choices.networks, tier.networks).join(', ');
    return [networks, tier.keyName, names(choices.security_groups, tier.securityGroups).join(', ')]
      .filter(Boolean).join(' · ');
  }

  // What is mostly wanted; a host is where a tier is kept apart or alone.
  const LEVELS = { affinity: 'zone', survive: 'rack', spread: 'rack' };

  function policies(tier, page) {
    const own = page.draft.policies.filter((policy) => !policy.between && policy.tiers[0] === tier.key);
    const adder = (type, sign, text) => el('button', {
      id: tier.key + '-add-' + type, type: 'button', class: 'btn btn-default btn-xs',
      on: { click: () => page.addPolicy({ type, tiers: [tier.key], level: LEVELS[type] || 'host' }) },
    }, icon(sign), ' ', text);
    return el('div', { class: 'ens-card-policies' },
      own.length ? el('ul', { class: 'ens-plain' }, own.map((policy) => page.policyRow(policy))) : null,
      el('div', { class: 'ens-adders' },
        adder('anti-affinity', 'apart', gettext('Keep its members apart')),
        adder('affinity', 'together', gettext('Keep them together')),
        adder('survive', 'bolt', gettext('Survive failures')),
        adder('spread', 'even', gettext('Spread evenly')),
        adder('exclusive', 'alone', gettext('Keep others away'))));
  }

  ensembles.tierCard = { card };
}());
