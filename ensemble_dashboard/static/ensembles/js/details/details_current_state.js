// SPDX-License-Identifier: Apache-2.0
/* The ensemble as Nova has it, beside what was planned: who is elsewhere, what that costs, which promises hold. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { domainTree } = ensembles;

  /**
   * What the picture shows: the current state where it is known, else the plan. kept: the picture before, so that
   * members that are being removed stay where they were, pale.
   */
  function shown(ensemble, current, kept) {
    const plan = domainTree.asPlan(ensemble);
    if (current) {
      const members = current.members.filter((member) => placed(member.domains));
      const [here, down] = [used(current), failed(current)];
      return {
        ...plan,
        assignments: members.map((member) => ({
          member: member.name, tier: member.tier, domains: member.domains, status: member.status, moved: member.moved,
          running: member.running,
        })),
        domains: current.domains.filter((domain) => here.has(domain.ref))
          .map((domain) => (down.has(domain.ref) ? { ...domain, down: true } : domain)),
        survivability: current.levels || current.survivability || [],
        minima: current.minima || plan.minima,
      };
    }
    const before = new Map(kept ? kept.assignments.map((each) => [each.member, each.domains]) : []);
    const assignments = plan.assignments.map((each) =>
      (placed(each.domains) ? each : { ...each, domains: before.get(each.member) || {} }))
      .filter((each) => placed(each.domains));
    const here = used({ members: assignments });
    const known = new Map([...(kept ? kept.domains : []), ...plan.domains].map((each) => [each.ref, each]));
    return { ...plan, assignments, domains: [...known.values()].filter(({ ref }) => here.has(ref)) };
  }

  /**
   * The ensemble with its members where they were last seen: what it says itself of their places is the plan's.
   * seen: what Nova said last, null where that is not known.
   */
  function located(ensemble, seen) {
    if (!seen) { return ensemble; }
    const there = new Map(seen.members.filter(({ domains }) => placed(domains)).map((each) => [each.name, each.domains]));
    const members = ensemble.members.map((each) =>
      (placed(each.domains) && there.has(each.name) ? { ...each, domains: there.get(each.name) } : each));
    const refs = used({ members });
    const all = new Map([...(ensemble.domains || []), ...seen.domains].map((each) => [each.ref, each]));
    return { ...ensemble, members, domains: [...all.values()].filter(({ ref }) => refs.has(ref)) };
  }

  function placed(domains) {
    return Boolean(domains) && Object.keys(domains).length > 0;
  }

  /** The domains that hold a member now, with those around them: where nobody is left is not shown. */
  function used(current) {
    return new Set(current.members.flatMap((member) => Object.values(member.domains || {})));
  }

  /** The domains that have failed, with all that is in them; larger ones come before smaller ones. */
  function failed(current) {
    const refs = new Set((current.failures || []).map((one) => one.domain));
    for (const { ref, parent } of current.domains) {
      if (refs.has(parent)) { refs.add(ref); }
    }
    return refs;
  }

  /** All domains that either speaks of, by ref: {label, name, level}. */
  function labels(ensemble, current) {
    return new Map([...(ensemble.domains || []), ...(current ? current.domains : [])]
      .map((domain) => [domain.ref, ensembles.words.label(domain)]));
  }

  /**
   * How each policy stands, in their order: [{policy, sentence, holds: true, false or null, message: why it
   * does not, tiers}]. holds is null where it is not known; tiers: what a "survive" policy has left, [{message}].
   */
  function policiesNow(ensemble, current) {
    const source = current || ensemble;
    const broken = new Map((source.violations || []).map((each) => [each.policy, each.message]));
    const promised = new Map((source.promises || []).map((each) => [each.policy, each.tiers]));
    return ensemble.policies.map((policy, index) => {
      const { holds, message } = source.policies[index];
      // Where nobody is to be, nothing would be left of anybody.
      const tiers = holds === null ? [] : promised.get(index) || [];
      return { policy, sentence: message, holds, message: broken.get(index) || '', tiers };
    });
  }

  ensembles.currentState = { shown, located, labels, policiesNow };
}());
