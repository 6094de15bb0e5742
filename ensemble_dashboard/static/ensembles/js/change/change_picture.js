// SPDX-License-Identifier: Apache-2.0
/* The picture of a change: the plan, with those who come and those who go in it. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  /**
   * What the picture shows of a plan with its change. now: the survivability of what runs. Members that come or go are
   * marked; those that go stand where they are, and count as lost already. Of a plan that does not fit, or without one,
   * it is what runs.
   */
  function drawn(plan, now) {
    const running = ensembles.currentState.shown({ members: [], domains: [] }, now, null);
    if (!plan?.change || !plan.feasible) { return { ...running, change: { added: [], removed: [] } }; }
    const { added, removed, released = [], moved = [] } = plan.change;
    const staying = plan.assignments.map((one) => (added.includes(one.member) ? { ...one, mark: 'added' } : one));
    const leaving = running.assignments.filter(({ member }) => removed.includes(member) || released.includes(member))
      .map(({ member, tier, domains }) =>
        ({ member, tier, domains, mark: removed.includes(member) ? 'removed' : 'released', running: false }));
    const assignments = [...staying, ...leaving];
    return {
      ...plan, assignments, domains: used(assignments, [...plan.domains, ...running.domains]), moved: moved.map(nameOf),
    };
  }

  function nameOf(one) {
    return typeof one === 'string' ? one : one.member;
  }

  /** The domains that hold these, each once, as the first one tells it. */
  function used(assignments, known) {
    const refs = new Set(assignments.flatMap((one) => Object.values(one.domains)));
    const found = new Map();
    for (const one of known) {
      if (refs.has(one.ref) && !found.has(one.ref)) { found.set(one.ref, one); }
    }
    return [...found.values()];
  }

  /**
   * Who comes, goes and moves, with where: {added: [{member, tier, domains}], removed, released: [the same],
   * moved: [{member, tier, from, to}]}. from, to: {level: ref}.
   */
  function steps(plan, now) {
    const { added, removed, released = [], moved = [] } = plan.change;
    const planned = new Map(plan.assignments.map((one) => [one.member, one]));
    const running = new Map(now.members.map(({ name, tier, domains }) => [name, { member: name, tier, domains }]));
    const place = (name) => planned.get(name) || running.get(name) || { member: name, tier: '', domains: {} };
    return {
      added: added.map(place),
      removed: removed.map((name) => running.get(name) || place(name)),
      released: released.map((name) => running.get(name) || place(name)),
      moved: moved.map((one) => {
        const name = nameOf(one);
        return {
          member: name, tier: place(name).tier, from: one.from || running.get(name)?.domains || {},
          to: one.to || place(name).domains,
        };
      }),
    };
  }

  /** What the worst failures leave now: a function of (level, failures) that gives a Map of tier -> {left, count}. */
  function leftNow(now) {
    const running = ensembles.currentState.shown({ members: [], domains: [] }, now, null);
    const counts = new Map();
    for (const { tier } of now.members) { counts.set(tier, (counts.get(tier) || 0) + 1); }
    const tiers = [...counts].map(([name, count]) => ({ name, count }));
    return (level, failures) => {
      const item = running.survivability.find((one) => one.level === level);
      return new Map(item ? ensembles.losses.worst(running, tiers, item, failures).map((one) => [one.tier, one]) : []);
    };
  }

  ensembles.changePicture = { drawn, steps, leftNow };
}());
