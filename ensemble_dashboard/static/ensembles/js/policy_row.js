// SPDX-License-Identifier: Apache-2.0
/* A policy as a row of small choices that read like a sentence, and the sentence below it. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, level } = ensembles.words;
  const { el, icon } = ensembles.dom;

  /**
   * Make the row. page: {draft, levels, typePolicy(key, values), changePolicy(key, values),
   * removePolicy(key), sentence(policy)}.
   */
  function row(policy, page) {
    const id = (field) => policy.key + '-' + field;
    const change = (field) => (event) => page.changePolicy(policy.key, { [field]: event.target.value });
    const apart = policy.type === 'anti-affinity';
    return el('li', { class: 'ens-policy', 'data-policy': policy.key },
      el('div', { class: 'ens-policy-choices' },
        select(id('enforcement'), gettext('Must or should'), change('enforcement'), policy.enforcement, [
          ['hard', gettext('must')], ['soft', gettext('should')],
        ]),
        select(id('type'), gettext('Kind of policy'), change('type'), policy.type, [
          ['anti-affinity', gettext('be apart (anti-affinity)')], ['affinity', gettext('be together (affinity)')],
        ]),
        el('span', {}, apart ? gettext('by') : gettext('in one')),
        select(id('level'), gettext('Level'), change('level'), policy.level,
          page.levels.map((name) => [name, level(name)])),
        apart && !policy.between ? most(policy, page, id) : null),
      el('button', {
        id: id('remove'), type: 'button', class: 'btn btn-link ens-tool', 'aria-label': gettext('Remove this policy'),
        title: gettext('Remove this policy'), on: { click: () => page.removePolicy(policy.key) },
      }, icon('remove')),
      policy.between ? tiers(policy, page, id) : null,
      el('p', { class: 'ens-sentence', 'data-sentence': policy.key }, page.sentence(policy)),
      ['type', 'level', 'enforcement', 'most', 'tiers'].map((field) => ensembles.problems.slot(id(field))));
  }

  function select(id, label, change, value, options) {
    return [
      el('label', { class: 'sr-only', for: id }, label),
      el('select', { id, class: 'form-control input-sm', on: { change } }, options.map(([key, text]) =>
        el('option', { value: key, selected: key === value }, text))),
    ];
  }

  function most(policy, page, id) {
    return el('span', { class: 'ens-most' },
      el('label', { for: id('most') }, gettext('at most')),
      el('input', {
        id: id('most'), class: 'form-control input-sm', type: 'number', min: 1, max: ensembles.model.MAX_COUNT,
        value: Number.isInteger(policy.most) ? policy.most : '',
        on: {
          input: (event) => page.typePolicy(policy.key, {
            most: /^\d{1,6}$/.test(event.target.value) ? Number(event.target.value) : null,
          }),
        },
      }),
      el('span', {}, gettext('each')));
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
