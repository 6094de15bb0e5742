// SPDX-License-Identifier: Apache-2.0
/* The drawing as data, with its tiers: each change gives a new draft, the old one stays as it was. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { server } = ensembles;
  const { POLICY, hasTarget, addPolicy, fewest } = ensembles.draftPolicies;

  // A draft: {name, description, metadata: [[key, value]], recovery: the API's, tiers: [TIER], policies: [POLICY], next:
  // number of the next key}.
  // TIER: {key, name, count} and what its servers are made of, see server.js
  // What a file had beyond these is kept as `rest` by the API's names (see document.js), so that nothing is lost.
  // Policies name tiers by key, so that a tier can be renamed without losing its policies; see draft_policies.js.

  function empty() {
    return { name: '', description: '', metadata: [], recovery: {}, tiers: [], policies: [], next: 1 };
  }

  /** A draft that another version of this page has kept: what has come since then is as in a new one. */
  function complete(draft) {
    return {
      ...empty(), ...draft, tiers: draft.tiers.map((tier) => ({ ...server.EMPTY, ...tier })),
      policies: draft.policies.map((policy) => ({ ...POLICY, ...policy })),
    };
  }

  function addTier(draft, values) {
    const key = 't' + draft.next;
    const tier = { name: freeName(draft, 'tier'), count: 2, ...server.EMPTY, ...values, key };
    return { ...draft, next: draft.next + 1, tiers: [...draft.tiers, tier] };
  }

  /** A name that no tier has: the wanted one, or it with the first free number. */
  function freeName(draft, wanted) {
    const names = new Set(draft.tiers.map((tier) => tier.name));
    if (wanted !== 'tier' && !names.has(wanted)) { return wanted; }
    let number = wanted === 'tier' ? draft.tiers.length + 1 : 2;
    const stem = wanted.replace(/-?\d+$/, '').slice(0, 28);
    while (names.has(stem + '-' + number)) { number += 1; }
    return stem + '-' + number;
  }

  function changeTier(draft, key, values) {
    return {
      ...draft, tiers: draft.tiers.map((tier) => (tier.key === key ? { ...tier, ...values } : tier)),
    };
  }

  /** Remove a tier, and it from its policies and where others wait for it; a policy that makes no sense without it goes. */
  function removeTier(draft, key) {
    const policies = draft.policies
      .map((policy) => ({ ...policy, tiers: policy.tiers.filter((tier) => tier !== key) }))
      .filter((policy) => policy.tiers.length >= fewest(policy) && !(hasTarget(policy) && policy.to === key));
    const tiers = draft.tiers.filter((tier) => tier.key !== key)
      .map((tier) => (tier.after.includes(key) ? { ...tier, after: tier.after.filter((one) => one !== key) } : tier));
    return { ...draft, tiers, policies };
  }

  /** Copy a tier with the policies that are its alone; the copy comes right after it. */
  function duplicateTier(draft, key) {
    const place = draft.tiers.findIndex((tier) => tier.key === key);
    const original = draft.tiers[place];
    const added = addTier(draft, { ...original, name: freeName(draft, original.name) });
    const copy = added.tiers[added.tiers.length - 1];
    const tiers = [...draft.tiers.slice(0, place + 1), copy, ...draft.tiers.slice(place + 1)];
    return draft.policies
      .filter((policy) => !policy.between && policy.tiers[0] === key)
      .reduce((whole, policy) => addPolicy(whole, { ...policy, tiers: [copy.key] }), { ...added, tiers });
  }

  function size(draft) {
    return draft.tiers.reduce((sum, tier) => sum + (Number.isInteger(tier.count) ? tier.count : 0), 0);
  }

  ensembles.drafts = { empty, complete, addTier, changeTier, removeTier, duplicateTier, size };
}());
