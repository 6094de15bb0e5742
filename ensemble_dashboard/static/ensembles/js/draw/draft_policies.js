// SPDX-License-Identifier: Apache-2.0
/* The policies of a draft: each change gives a new draft, the old one stays as it was. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { policyKinds } = ensembles;

  // POLICY: {key, type, level, tiers: [tier keys], enforcement, between: true for several tiers, to: tier key}, and
  // the fields of all kinds, of which each has its own (policy/<kind>.js).

  // What a policy begins with; of its fields, each kind uses its own.
  const POLICY = {
    type: 'anti-affinity', level: 'host', tiers: [], enforcement: 'hard', between: false, to: '', ...policyKinds.first(),
  };

  const hasTarget = (policy) => policyKinds.of(policy.type).hasTarget;

  function addPolicy(draft, values) {
    const policy = { ...POLICY, ...values, key: 'p' + draft.next };
    return { ...draft, next: draft.next + 1, policies: [...draft.policies, withTarget(draft, policy)] };
  }

  function changePolicy(draft, key, values) {
    return {
      ...draft, policies: draft.policies.map((policy) =>
        (policy.key === key ? withTarget(draft, { ...policy, ...values }) : policy)),
    };
  }

  function removePolicy(draft, key) {
    return { ...draft, policies: draft.policies.filter((policy) => policy.key !== key) };
  }

  /** A policy that must name a tier to be near to names one, if there is one. */
  function withTarget(draft, policy) {
    if (!hasTarget(policy) || targets(draft, policy).some((tier) => tier.key === policy.to)) { return policy; }
    const [first] = targets(draft, policy);
    return { ...policy, to: first ? first.key : '' };
  }

  /** The tiers that a policy's own tiers can be near to. */
  function targets(draft, policy) {
    return draft.tiers.filter((tier) => !policy.tiers.includes(tier.key));
  }

  /** How many tiers a policy must name: one with a target has the second one in a field of its own. */
  function fewest(policy) {
    return policy.between && !hasTarget(policy) ? 2 : 1;
  }

  /** The keys of all tiers that a policy is about. */
  function joins(policy) {
    return hasTarget(policy) ? [...policy.tiers, policy.to] : policy.tiers;
  }

  /** The names of the tiers a policy is about, in the order of the tiers. */
  function tierNames(draft, policy) {
    return draft.tiers.filter((tier) => policy.tiers.includes(tier.key)).map((tier) => tier.name);
  }

  ensembles.draftPolicies = {
    POLICY, hasTarget, addPolicy, changePolicy, removePolicy, targets, fewest, joins, tierNames,
  };
}());
