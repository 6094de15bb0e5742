// SPDX-License-Identifier: Apache-2.0
/* From a draft to the API's form of an ensemble; document.js goes the other way. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { policyKinds, server } = ensembles;
  const { hasTarget, tierNames } = ensembles.draftPolicies;

  /** A policy in the form of the API. */
  function ruleOf(draft, policy) {
    const rule = {
      type: policy.type, level: policy.level, tiers: tierNames(draft, policy),
      enforcement: policy.enforcement, ...policy.rest,
    };
    const own = policyKinds.of(policy.type).rule(policy, draft.tiers.filter((tier) => policy.tiers.includes(tier.key)));
    if (!hasTarget(policy)) { return { ...rule, ...own }; }
    return { ...rule, ...own, to: draft.tiers.filter((tier) => tier.key === policy.to).map((tier) => tier.name).join('') };
  }

  /** What is posted to the API; a preview needs no name yet. */
  function body(draft, nameless) {
    const whole = {
      name: draft.name.trim() || nameless || '',
      tiers: draft.tiers.map((tier) => {
        return {
          name: tier.name, count: tier.count, server: { ...server.toApi(tier), ...tier.rest },
          ...(tier.rebuild ? { recovery: { rebuild: true } } : {}),
          ...(tier.after.length ? { after: tierNames(draft, { tiers: tier.after }) } : {}),
          ...(tier.gate ? { gate: tier.gate } : {}),
        };
      }),
      policies: draft.policies.map((policy) => ruleOf(draft, policy)),
    };
    if (draft.description.trim()) { whole.description = draft.description.trim(); }
    const pairs = draft.metadata.filter(([key, value]) => key || value);
    if (pairs.length) { whole.metadata = Object.fromEntries(pairs); }
    if (Object.keys(draft.recovery).length) { whole.recovery = draft.recovery; }
    return whole;
  }

  /** What is written as a file: the body, and which tiers lack what the original has. */
  function written(draft) {
    const whole = body(draft);
    const unanswered = (tier) => server.questions(tier).some(([open]) => open);
    return {
      ...whole, tiers: whole.tiers.map((tier, place) =>
        (unanswered(draft.tiers[place]) ? { ...tier, hidden: ['user_data'] } : tier)),
    };
  }

  ensembles.apiBody = { ruleOf, body, written };
}());
