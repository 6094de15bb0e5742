// SPDX-License-Identifier: Apache-2.0
/* What unfolds below a policy's chip: the picture, the sentence, and the choices it is made of. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, level } = ensembles.words;
  const { enforcementText, title } = ensembles.policyWords;
  const { el, icon } = ensembles.dom;
  const { ruleOf } = ensembles.apiBody;
  const { targets } = ensembles.draftPolicies;
  const { limit } = ensembles.limits;

  /**
   * Make the editor. page: {draft, levels, selectors, typePolicy(key, values), changePolicy(key, values), sentence(policy)};
   * act: {close(), remove()}.
   */
  function editor(policy, page, act) {
    const on = {
      keydown(event) {
        if (event.key !== 'Escape') { return; }
        event.preventDefault(); // else the focus would leave the card too
        act.close();
      },
    };
    return el('div', {
      id: policy.key + '-editor', class: 'ens-editor', role: 'group', 'aria-labelledby': policy.key + '-kind', on,
    },
    el('div', { class: 'ens-editor-head' },
      el('span', { 'data-picture': policy.key }, ensembles.policyPicture.picture(ruleOf(page.draft, policy))),
      el('div', {},
        el('strong', { id: policy.key + '-kind' }, title(policy.type)), ' ',
        el('span', { class: 'ens-term' }, policy.type),
        el('p', { class: 'ens-sentence', 'data-sentence': policy.key }, page.sentence(policy))),
      el('button', {
        id: policy.key + '-close', type: 'button', class: 'btn btn-link ens-tool', 'aria-label': gettext('Close'),
        title: gettext('Close'), on: { click: act.close },
      }, icon('remove'))),
    el('div', { class: 'ens-editor-choices' },
      segments(policy, page, 'level', gettext('Level'), page.levels.map((name) => [name, level(name)])),
      segments(policy, page, 'enforcement', gettext('How strictly'),
        ['hard', 'soft'].map((value) => [value, enforcementText(value)])),
      ensembles.policyKinds.of(policy.type).choices(policy, inputs(policy, page)),
      policy.between ? tiers(policy, page) : null),
    el('div', { class: 'ens-editor-foot' },
      el('span', { class: 'ens-sentence' }, consequence(policy.enforcement)),
      el('button', {
        id: policy.key + '-remove', type: 'button', class: 'btn btn-default btn-xs', on: { click: act.remove },
      }, icon('trash'), ' ', gettext('Remove this policy'))));
  }

  /** What makes the fields that each kind has besides level and enforcement. */
  function inputs(policy, page) {
    return {
      page,
      number: (field, label) => number(policy, page, field, label),
      text: (field, label) => input(policy, page, field, label, { type: 'text', value: policy[field] },
        (given) => given.trim()),
      segments: (field, label, options, besides) => segments(policy, page, field, label, options, besides),
      amounts: (field, label, names, besides) => amounts(policy, page, field, label, names, besides),
      boxes: (field, label, options) => boxes(policy, page, field, label, options),
      ways: (field, label, options, chosen) => ways(policy, page, field, label, options, chosen),
      target: (label) => targetOf(policy, page, label),
    };
  }

  function targetOf(policy, page, label) {
    return named(policy, 'to', label, el('select', {
      id: policy.key + '-to', class: 'form-control input-sm',
      on: { change: (event) => page.changePolicy(policy.key, { to: event.target.value }) },
    }, targets(page.draft, policy).map((tier) =>
      el('option', { value: tier.key, selected: tier.key === policy.to, 'data-name': tier.key }, tier.name))));
  }

  /** One of few, side by side; besides: what else changes with it. */
  function segments(policy, page, field, label, options, besides) {
    const id = policy.key + '-' + field;
    return el('div', { id, class: 'ens-choice', role: 'radiogroup', 'aria-labelledby': id + '-label' },
      el('span', { id: id + '-label', class: 'ens-label' }, label),
      el('span', { class: 'ens-segments' }, options.map(([value, said]) => el('label', {}, el('input', {
        id: id + '-' + value, type: 'radio', name: id, value, checked: value === policy[field],
        on: { change: () => page.changePolicy(policy.key, { [field]: value, ...besides }) },
      }), el('span', {}, said)))));
  }

  /** A whole number for each name, or none; besides: what else changes with it. */
  function amounts(policy, page, field, label, names, besides) {
    const id = policy.key + '-' + field;
    const now = () => page.draft.policies.find((one) => one.key === policy.key)[field];
    const every = [...new Set([...names, ...Object.keys(policy[field] || {})])];
    const read = (name) => ({ target }) => {
      const others = Object.fromEntries(Object.entries(now() || {}).filter(([one]) => one !== name));
      const given = target.validity && target.validity.badInput ? '0' : target.value;
      const whole = given === '' ? others : { ...others, [name]: /^\d{1,6}$/.test(given) ? Number(given) : 0 };
      if (!Object.keys(whole).length) { page.typePolicy(policy.key, { [field]: null }); return; }
      // The fields are not drawn anew while somebody types.
      for (const other of Object.keys(besides)) {
        const shown = document.getElementById(policy.key + '-' + other);
        if (shown) { shown.value = ''; }
      }
      page.typePolicy(policy.key, { [field]: whole, ...besides });
    };
    return el('div', { class: 'ens-choice' },
      el('span', { id: id + '-label', class: 'ens-label' }, label),
      el('div', { id, class: 'ens-boxes ens-boxes-inline', role: 'group', 'aria-labelledby': id + '-label' },
        every.map((name, place) => el('label', {}, name, ' ', el('input', {
          id: id + '-' + place, name: id, type: 'number', min: 1, max: 1000, value: (policy[field] || {})[name] || '',
          class: 'form-control input-sm ens-number', on: { input: read(name) },
        })))));
  }

  /** Any of some values. */
  function boxes(policy, page, field, label, options) {
    const id = policy.key + '-' + field;
    const now = policy[field];
    return el('div', { class: 'ens-choice' },
      el('span', { id: id + '-label', class: 'ens-label' }, label),
      el('div', { id, class: 'ens-boxes ens-boxes-inline', role: 'group', 'aria-labelledby': id + '-label' },
        options.map((value, place) => el('label', {}, el('input', {
          id: id + '-' + place, name: id, type: 'checkbox', checked: now.includes(value),
          on: {
            change: ({ target }) => page.changePolicy(policy.key,
              { [field]: target.checked ? [...now, value] : now.filter((one) => one !== value) }),
          },
        }), ' ', value))));
  }

  /** One of few ways to fill a field, each with what it begins with: [[way, words, value]]. */
  function ways(policy, page, field, label, options, chosen) {
    const id = policy.key + '-' + field;
    return el('div', { class: 'ens-choice', role: 'radiogroup', 'aria-labelledby': id + '-ways' },
      el('span', { id: id + '-ways', class: 'ens-label' }, label),
      el('span', { class: 'ens-segments' }, options.map(([way, said, value]) => el('label', {}, el('input', {
        id: id + '-' + way, type: 'radio', name: id, value: way, checked: way === chosen,
        on: { change: () => page.changePolicy(policy.key, { [field]: value }) },
      }), el('span', {}, said)))));
  }

  /** A number; what is no number becomes 0, which is told, and nothing at all null. */
  function number(policy, page, field, label) {
    return input(policy, page, field, label, {
      type: 'number', min: 1, max: limit('max_members_per_tier'), value: policy[field] || '',
    }, (given) => {
      if (given === '') { return null; }
      return /^\d{1,6}$/.test(given) ? Number(given) : 0;
    });
  }

  function input(policy, page, field, label, attributes, read) {
    return named(policy, field, label, el('input', {
      ...attributes, id: policy.key + '-' + field, class: 'form-control input-sm ens-number',
      on: {
        // A number field gives no text for what is no number, and says so itself.
        input: ({ target }) => page.typePolicy(policy.key,
          { [field]: target.validity && target.validity.badInput ? 0 : read(target.value) }),
      },
    }));
  }

  function named(policy, field, label, control) {
    return el('div', { class: 'ens-choice' },
      el('label', { class: 'ens-label', for: policy.key + '-' + field }, label), control);
  }

  function tiers(policy, page) {
    return el('div', { class: 'ens-choice' },
      el('span', { id: policy.key + '-tiers-label', class: 'ens-label' }, gettext('Tiers')),
      el('div', { class: 'ens-boxes ens-boxes-inline', role: 'group', 'aria-labelledby': policy.key + '-tiers-label' },
        page.draft.tiers.map((tier) => el('label', {}, el('input', {
          id: policy.key + '-tier-' + tier.key, type: 'checkbox', checked: policy.tiers.includes(tier.key),
          on: {
            change: (event) => page.changePolicy(policy.key, {
              tiers: event.target.checked
                ? [...policy.tiers, tier.key] : policy.tiers.filter((key) => key !== tier.key),
            }),
          },
        }), ' ', el('span', { 'data-name': tier.key }, tier.name)))));
  }

  /** What "hard" and "soft" come to. */
  function consequence(enforcement) {
    return enforcement === 'soft' ? gettext('If it cannot be kept, you are told, and it can be built all the same.')
      : gettext('If it cannot be kept, nothing is built, and you are told why.');
  }

  ensembles.policyEditor = { editor };
}());
