// SPDX-License-Identifier: Apache-2.0
/* A policy as a row of small choices that read like a sentence, and the sentence below it. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, level } = ensembles.words;
  const { el, icon } = ensembles.dom;
  const { MAX_COUNT, targets } = ensembles.model;

  // What people say, with the term of the field beside it.
  const KINDS = [
    ['anti-affinity', gettext('be apart (anti-affinity)')],
    ['affinity', gettext('be together (affinity)')],
    ['spread', gettext('be spread evenly (spread)')],
    ['near', gettext('be near a tier (near)')],
    ['survive', gettext('survive failures (survive)')],
    ['exclusive', gettext('be alone (exclusive)')],
  ];
  // Every field that a problem can be told at.
  const SLOTS = ['type', 'level', 'enforcement', 'tiers', 'most', 'skew', 'domains', 'to', 'failures', 'available', 'other'];

  /**
   * Make the row. page: {draft, levels, typePolicy(key, values), changePolicy(key, values),
   * removePolicy(key), sentence(policy)}.
   */
  function row(policy, page) {
    const id = (field) => policy.key + '-' + field;
    return el('li', { class: 'ens-policy', 'data-policy': policy.key },
      el('div', { class: 'ens-policy-choices' },
        select(policy, page, 'enforcement', gettext('Must or should'), [
          ['hard', gettext('must')], ['soft', gettext('should')],
        ]),
        select(policy, page, 'type', gettext('Kind of policy'), KINDS),
        (CHOICES[policy.type] || CHOICES.affinity)(policy, page)),
      el('button', {
        id: id('remove'), type: 'button', class: 'btn btn-link ens-tool', 'aria-label': gettext('Remove this policy'),
        title: gettext('Remove this policy'), on: { click: () => page.removePolicy(policy.key) },
      }, icon('remove')),
      policy.between ? tiers(policy, page, id) : null,
      el('p', { class: 'ens-sentence', 'data-sentence': policy.key }, page.sentence(policy)),
      SLOTS.map((field) => ensembles.problems.slot(id(field))));
  }

  // What follows the kind, for each kind.
  const CHOICES = {
    affinity: (policy, page) => [word(gettext('in one')), levels(policy, page)],
    'anti-affinity': (policy, page) => [word(gettext('by')), levels(policy, page),
      policy.between ? null : number(policy, page, 'most', gettext('at most'), gettext('each'))],
    spread: (policy, page) => [word(gettext('over')), levels(policy, page),
      number(policy, page, 'skew', gettext('differing by at most')),
      number(policy, page, 'domains', gettext('using at least'))],
    near: (policy, page) => [word(gettext('in the same')), levels(policy, page), word(gettext('as')),
      select(policy, page, 'to', gettext('The tier to be near to'),
        targets(page.draft, policy).map((tier) => [tier.key, tier.name, tier.key]))],
    survive: (policy, page) => [number(policy, page, 'failures', gettext('of any')), levels(policy, page),
      text(policy, page, 'available', gettext('leaving at least'))],
    exclusive: (policy, page) => [word(gettext('on each')), levels(policy, page),
      select(policy, page, 'other', gettext('Without whom'), [
        ['project', gettext('without other projects')], ['ensemble', gettext('without other ensembles')],
      ])],
  };

  function word(said) {
    return el('span', {}, said);
  }

  function levels(policy, page) {
    return select(policy, page, 'level', gettext('Level'), page.levels.map((name) => [name, level(name)]));
  }

  function select(policy, page, field, label, options) {
    const id = policy.key + '-' + field;
    return [
      el('label', { class: 'sr-only', for: id }, label),
      el('select', {
        id, class: 'form-control input-sm',
        on: { change: (event) => page.changePolicy(policy.key, { [field]: event.target.value }) },
      }, options.map(([value, said, tier]) =>
        el('option', { value, selected: value === policy[field], 'data-name': tier }, said))),
    ];
  }

  /** A number; what is no number becomes 0, which is told, and nothing at all null. */
  function number(policy, page, field, before, after) {
    return input(policy, page, field, before, after, {
      type: 'number', min: 1, max: MAX_COUNT, value: policy[field] || '',
    }, (given) => {
      if (given === '') { return null; }
      return /^\d{1,6}$/.test(given) ? Number(given) : 0;
    });
  }

  function text(policy, page, field, before) {
    return input(policy, page, field, before, null, { type: 'text', value: policy[field] }, (given) => given.trim());
  }

  function input(policy, page, field, before, after, attributes, read) {
    const id = policy.key + '-' + field;
    return el('span', { class: 'ens-most' },
      el('label', { for: id }, before),
      el('input', {
        ...attributes, id, class: 'form-control input-sm',
        on: {
          // A number field gives no text for what is no number, and says so itself.
          input: ({ target }) => page.typePolicy(policy.key,
            { [field]: target.validity && target.validity.badInput ? 0 : read(target.value) }),
        },
      }),
      after ? el('span', {}, after) : null);
  }

  function tiers(policy, page, id) {
    return el('ul', { class: 'ens-boxes ens-boxes-inline', role: 'group', 'aria-label': gettext('Tiers of this policy') },
      page.draft.tiers.map((tier) => el('li', {}, el('label', {}, el('input', {
        id: id('tier-' + tier.key), type: 'checkbox', checked: policy.tiers.includes(tier.key),
        on: {
          change: (event) => page.changePolicy(policy.key, {
            tiers: event.target.checked
              ? [...policy.tiers, tier.key] : policy.tiers.filter((key) => key !== tier.key),
          }),
        },
      }), ' ', el('span', { 'data-name': tier.key }, tier.name)))));
  }

  ensembles.policyRow = { row };
}());
