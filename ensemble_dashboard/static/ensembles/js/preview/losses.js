// SPDX-License-Identifier: Apache-2.0
/* What failures take from a plan, in numbers: worst cases and promises. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { domainTree } = ensembles;

  /**
   * What is left at worst of each tier after any `failures` domains of a level fail at once: [{tier, left, count}].
   * item: an entry of plan.survivability. What the API tells is taken; else it is counted here: for one tier the
   * worst are those domains that hold most of it.
   */
  function worst(plan, tiers, item, failures) {
    const told = (item.any || []).find((one) => one.failures === failures);
    const first = failures === 1 ? new Map(item.worst.map((one) => [one.tier, one.left])) : new Map();
    return tiers.map(({ name, count }) => {
      if (told && Object.hasOwn(told.left, name)) { return { tier: name, left: told.left[name], count }; }
      if (first.has(name)) { return { tier: name, left: first.get(name), count }; }
      const held = holding(plan.assignments.filter((one) => one.tier === name), item.level).map(([, number]) => number);
      return { tier: name, left: count - held.slice(0, failures).reduce((sum, number) => sum + number, 0), count };
    });
  }

  /**
   * What a failure leaves in one word, as the API judges it too: 'works' when each tier has its minimum, 'degraded' when
   * one has fewer, 'down' when one that needs members has none. after: [{tier, left}]; minima: {tier: members}, one
   * where nothing is said. tests/cases/states_after_a_failure.json proves both alike.
   */
  function outcome(after, minima) {
    const needed = (tier) => (minima && Object.hasOwn(minima, tier) ? minima[tier] : 1);
    if (after.some(({ tier, left }) => !left && needed(tier))) { return 'down'; }
    return after.some(({ tier, left }) => left < needed(tier)) ? 'degraded' : 'works';
  }

  /** The same for the worst failures of a level, which the API has told. item: an entry of plan.survivability. */
  function worstOutcome(item, failures) {
    const told = item.any && (item.any.find((one) => one.failures === failures) || item.any[item.any.length - 1]);
    return told ? told.state : item.state;
  }

  /** [[ref, members]] of the domains of a level, those that hold most first. */
  function holding(assignments, level) {
    const held = new Map();
    for (const { domains } of assignments) { held.set(domains[level], (held.get(domains[level]) || 0) + 1); }
    return [...held].sort((one, other) => other[1] - one[1]);
  }

  /** The refs of the domains of a level that take most members when so many fail at once. */
  function worstDomains(plan, level, failures) {
    return holding(plan.assignments, level).slice(0, failures).map(([ref]) => ref);
  }

  /**
   * What each policy "survive" asks for against what is left when these domains fail, one entry for each of its
   * tiers: [{policy: index, level, failures, tier, left, needed, kept, covered}]. covered: whether so many failures
   * are within what it promises. policies: as in the API's body; failed: Set of refs.
   */
  function promises(plan, tiers, policies, failed) {
    const left = new Map(domainTree.survivors(plan, tiers, failed).map((one) => [one.tier, one]));
    const lost = plan.assignments.filter((one) => Object.values(one.domains).some((ref) => failed.has(ref)));
    return policies.flatMap((policy, index) => {
      if (policy.type !== 'survive') { return []; }
      const struck = new Set(lost.map((one) => one.domains[policy.level])).size;
      return policy.tiers.filter((name) => left.has(name)).map((tier) => {
        const one = left.get(tier);
        const needed = need(policy.min_available, one.count);
        return {
          policy: index, level: policy.level, failures: policy.failures || 1, tier, left: one.left, needed,
          kept: one.left >= needed, covered: struck <= (policy.failures || 1),
        };
      });
    });
  }

  /** How many of `count` are needed: a number, or a share that is rounded up. */
  function need(available, count) {
    const share = /^(\d+)%$/.exec(String(available ?? 1));
    return share ? Math.ceil(count * Number(share[1]) / 100) : Number(available ?? 1);
  }

  ensembles.losses = { worst, outcome, worstOutcome, worstDomains, need, promises };
}());
