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
      return {
        ...plan,
        assignments: members.map((member) => ({
          member: member.name, tier: member.tier, domains: member.domains, status: member.status, moved: member.moved,
          running: member.running,
        })),
        domains: current.domains.filter((domain) => used(current).has(domain.ref)),
        survivability: current.levels || current.survivability || [],
        minima: current.minima || plan.minima,
      };
    }
    const before = new Map(kept ? kept.assignments.map((each) => [each.member, each.domains]) : []);
    return {
      ...plan,
      assignments: plan.assignments.map((each) =>
        (placed(each.domains) ? each : { ...each, domains: before.get(each.member) || {} }))
        .filter((each) => placed(each.domains)),
      domains: [...new Map([...(kept ? kept.domains : []), ...plan.domains].map((each) => [each.ref, each])).values()],
    };
  }

  function placed(domains) {
    return Boolean(domains) && Object.keys(domains).length > 0;
  }

  /** The domains that hold a member now, with those around them: where nobody is left is not shown. */
  function used(current) {
    return new Set(current.members.flatMap((member) => Object.values(member.domains || {})));
  }

  /** All domains that either speaks of, by ref: {label, name, level}. */
  function labels(ensemble, current) {
    return new Map([...(ensemble.domains || []), ...(current ? current.domains : [])]
      .map((domain) => [domain.ref, ensembles.words.label(domain)]));
  }

  /**
   * The members that are not as planned: [{member, tier, kind, now: [refs], planned: [refs]}], kind 'moved' with the
   * domains that differ from the largest down, 'gone' (Nova has no such server), 'down' (with its status) or
   * 'cut off' (Nova has it as active, on a host that is down).
   */
  function differences(current) {
    const levels = (current.levels || []).map((item) => item.level).reverse();
    return current.members.flatMap((member) => {
      if (!member.status) { return [{ member: member.name, tier: member.tier, kind: 'gone' }]; }
      const found = [];
      const planned = member.planned || {};
      const order = [...levels, ...Object.keys(planned).filter((name) => !levels.includes(name))];
      const differ = order.filter((name) => planned[name] && (member.domains || {})[name]
        && planned[name] !== member.domains[name]);
      if (differ.length) {
        found.push({
          member: member.name, tier: member.tier, kind: 'moved',
          now: differ.map((name) => member.domains[name]), planned: differ.map((name) => planned[name]),
        });
      }
      const active = member.status === 'ACTIVE';
      if (member.running === undefined ? !active : !member.running) {
        found.push({
          member: member.name, tier: member.tier, kind: active ? 'cut off' : 'down', status: member.status,
          fault: member.fault,
        });
      }
      return found;
    });
  }

  /**
   * What the current state costs against the plan: [{level, tier, domains: [refs], left, planned, count}], one for each
   * tier and level of which a failure now takes more than any failure of the plan would.
   */
  function costs(ensemble, current) {
    const plan = new Map((ensemble.survivability || []).map((item) => [item.level, item]));
    return [...(current.levels || [])].reverse().flatMap((item) => item.worst.flatMap((now) => {
      const before = ((plan.get(item.level) || {}).worst || []).find((one) => one.tier === now.tier);
      if (!before || now.left >= before.left) { return []; }
      const domains = (item.losses || []).filter((loss) => loss.left[now.tier] === now.left).map((loss) => loss.domain);
      return [{ level: item.level, tier: now.tier, domains, left: now.left, planned: before.left, count: now.count }];
    }));
  }

  /**
   * How each policy stands, in their order: [{policy, holds: true, false or null, message, tiers}]. holds is null
   * where it is not known; tiers: what a "survive" policy has left, [{tier, left, needed}].
   */
  function policiesNow(ensemble, current) {
    const source = current || ensemble;
    const broken = new Map((source.violations || []).map((each) => [each.policy, each.message]));
    const promised = new Map((source.promises || []).map((each) => [each.policy, each]));
    const known = Boolean(current) || !['ERROR', 'ROLLING_BACK', 'DELETING'].includes(ensemble.status);
    return ensemble.policies.map((policy, index) => {
      const promise = promised.get(index);
      const holds = broken.has(index) || (promise && !promise.holds) ? false : (known ? true : null);
      return { policy, holds, message: broken.get(index) || '', tiers: promise ? promise.tiers : [] };
    });
  }

  /**
   * 'holds' when all members run where they were planned and each promise that the plan kept holds now, else
   * 'differs': only the first may be green.
   */
  function state(ensemble, current) {
    const before = policiesNow(ensemble, null);
    const broken = policiesNow(ensemble, current)
      .some((each, index) => each.holds === false && before[index].holds !== false);
    return broken || differences(current).length ? 'differs' : 'holds';
  }

  /** Which member the fault is about: the API says so, or its message names it. */
  function failedMember(ensemble) {
    const fault = ensemble.fault;
    if (!fault) { return null; }
    if (fault.member) { return fault.member; }
    const words = new Set((fault.message || '').split(/[\s:,;.()"']+/));
    const found = (ensemble.members || []).filter((member) => words.has(member.name));
    return found.length === 1 ? found[0].name : null;
  }

  ensembles.currentState = { shown, labels, differences, costs, policiesNow, state, failedMember };
}());
