// SPDX-License-Identifier: Apache-2.0
/* The places in a draft that the API's fields name, and the changes that it offers there. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { drafts, policyKinds, server } = ensembles;
  const { POLICY, changePolicy } = ensembles.draftPolicies;

  // The API's names of a policy's fields, where ours are others.
  const POLICY_FIELDS = Object.fromEntries(Object.entries(policyKinds.fields()).map(([field, name]) => [name, field]));
  // What a change of the API's may be about.
  const EDITABLE = {
    tier: ['count', 'flavor', 'zone'], policy: ['enforcement', 'level', ...Object.keys(policyKinds.fields())],
  };

  /**
   * The place in the drawing that the API's field names, such as "ensemble.tiers[0].server.flavor".
   */
  function placeOf(draft, field) {
    const path = String(field || '').replace(/^ensemble\./, '');
    const match = /^(tiers|policies)\[(\d+)\]\.?(.*)$/.exec(path);
    if (!match) { return { kind: 'ensemble', key: null, field: path.split(/[.[]/)[0] || 'name' }; }
    const kind = match[1] === 'tiers' ? 'tier' : 'policy';
    const item = draft[match[1]][Number(match[2])];
    const name = match[3].replace(/^server\./, '').split(/[.[]/)[0];
    const tierFields = match[3].startsWith('server.') ? server.FIELDS : {};
    const known = kind === 'tier' ? tierFields : POLICY_FIELDS;
    const ours = (Object.hasOwn(known, name) && known[name]) || name || (kind === 'tier' ? 'name' : 'type');
    return { kind, key: item ? item.key : null, field: ours };
  }

  /**
   * The edits of a change that the API offers, [{field: "ensemble.policies[1].enforcement", value}], as steps
   * on the drawing: [{kind, key, field, value}]. Null if one is about what the drawing does not have. Steps go by
   * key, so they stay right when tiers or policies come and go meanwhile.
   */
  function stepsOf(draft, edits) {
    const steps = edits.map(({ field, value }) => {
      const place = placeOf(draft, field);
      if (value === null) { return { ...place, value: '' }; } // the field is taken out
      return { ...place, value: typeof POLICY[place.field] === 'string' ? String(value) : value };
    });
    return steps.length && steps.every((step) => isOffered(draft, step)) ? steps : null;
  }

  function isOffered(draft, step) {
    return Boolean(itemOf(draft, step)) && EDITABLE[step.kind].includes(step.field);
  }

  function itemOf(draft, { kind, key }) {
    const items = { tier: draft.tiers, policy: draft.policies }[kind] || [];
    return items.find((item) => item.key === key);
  }

  /** Take steps; those about what is no longer there are left out. */
  function take(draft, steps) {
    return steps.reduce((whole, { kind, key, field, value }) =>
      (kind === 'tier' ? drafts.changeTier : changePolicy)(whole, key, { [field]: value }), draft);
  }

  ensembles.fieldPlaces = { placeOf, stepsOf, take };
}());
