// SPDX-License-Identifier: Apache-2.0
/* The drawing as data: each change gives a new draft, the old one stays as it was. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { server, policyKinds } = ensembles;
  const { limit, bytes } = ensembles.limits;

  const TIER_NAME = /^[a-z][a-z0-9-]{0,31}$/;

  // A draft: {name, description, tiers: [TIER], policies: [POLICY], next: number for the next key}.
  // TIER: {key, name, count} and what its servers are made of, see server.js
  // What a file had beyond these is kept as `rest` by the API's names (see document.js), so that nothing is lost.
  // POLICY: {key, type, level, tiers: [tier keys], enforcement, between: true for several tiers, to: tier key}, and
  // the fields of all kinds, of which each has its own (policy/<kind>.js).
  // Policies name tiers by key, so that a tier can be renamed without losing its policies.

  // The API's names of fields, where ours are others.
  const FIELDS = {
    ...server.FIELDS, ...Object.fromEntries(Object.entries(policyKinds.fields()).map(([field, name]) => [name, field])),
  };
  // What a change of the API's may be about.
  const EDITABLE = {
    tier: ['count', 'zone'], policy: ['enforcement', 'level', ...Object.keys(policyKinds.fields())],
  };

  function empty() {
    return { name: '', description: '', tiers: [], policies: [], next: 1 };
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

  /** Remove a tier, and it from its policies; a policy that makes no sense without it goes too. */
  function removeTier(draft, key) {
    const policies = draft.policies
      .map((policy) => ({ ...policy, tiers: policy.tiers.filter((tier) => tier !== key) }))
      .filter((policy) => policy.tiers.length >= fewest(policy) && !(hasTarget(policy) && policy.to === key));
    return { ...draft, tiers: draft.tiers.filter((tier) => tier.key !== key), policies };
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

  // What a policy begins with; of its fields, each kind uses its own.
  const POLICY = {
    type: 'anti-affinity', level: 'host', tiers: [], enforcement: 'hard', between: false, to: '', ...policyKinds.first(),
  };

  const hasTarget = (policy) => policyKinds.of(policy.type).hasTarget;

  function addPolicy(draft, values) {
    const policy = { ...POLICY, ...values, key: 'p' + draft.next };
    return { ...draft, next: draft.next + 1, policies: [...draft.policies, withTarget(draft, policy)] };
  }

  /** A draft that another version of this page has kept: what has come since then is as in a new one. */
  function complete(draft) {
    return {
      ...empty(), ...draft, tiers: draft.tiers.map((tier) => ({ ...server.EMPTY, ...tier })),
      policies: draft.policies.map((policy) => ({ ...POLICY, ...policy })),
    };
  }

  function changePolicy(draft, key, values) {
    return {
      ...draft, policies: draft.policies.map((policy) =>
        (policy.key === key ? withTarget(draft, { ...policy, ...values }) : policy)),
    };
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

  function removePolicy(draft, key) {
    return { ...draft, policies: draft.policies.filter((policy) => policy.key !== key) };
  }

  /** The names of the tiers a policy is about, in the order of the tiers. */
  function tierNames(draft, policy) {
    return draft.tiers.filter((tier) => policy.tiers.includes(tier.key)).map((tier) => tier.name);
  }

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
        return { name: tier.name, count: tier.count, server: { ...server.toApi(tier), ...tier.rest } };
      }),
      policies: draft.policies.map((policy) => ruleOf(draft, policy)),
    };
    if (draft.description.trim()) { whole.description = draft.description.trim(); }
    return whole;
  }

  function size(draft) {
    return draft.tiers.reduce((sum, tier) => sum + (Number.isInteger(tier.count) ? tier.count : 0), 0);
  }

  /**
   * What is missing or wrong, as far as it can be told here: [{place, message}].
   * place: {kind: 'ensemble' | 'tier' | 'policy', key, field}. The API has the last word.
   */
  function problems(draft) {
    const whole = [];
    const place = { kind: 'ensemble', key: null, field: 'tiers' };
    if (!draft.tiers.length) { whole.push({ place, message: gettext('Add a tier.') }); }
    const tooMany = (count, name, sentence) => {
      const most = limit(name);
      if (count > most) { whole.push({ place, message: fill(sentence, { most, count }) }); }
    };
    tooMany(size(draft), 'max_members', gettext('At most %(most)s members in all.'));
    tooMany(draft.tiers.length, 'max_tiers', gettext('At most %(most)s tiers.'));
    tooMany(draft.policies.length, 'max_policies', gettext('At most %(most)s policies.'));
    tooMany(bytes({ ensemble: body(draft) }), 'max_body_bytes', gettext('All of it is %(count)s bytes long, and this cloud '
      + 'takes %(most)s at most. Make the user data shorter.'));
    return whole.concat(
      draft.tiers.flatMap((tier, index) => found('tier', tier.key, tierFaults(tier, draft.tiers.slice(0, index)))),
      draft.policies.flatMap((policy) => found('policy', policy.key, policyFaults(draft, policy))));
  }

  /** What is written as a file: the body, and which tiers lack what the original has. */
  function written(draft) {
    const whole = body(draft);
    const lack = new Set(questions(draft).map(({ place }) => place.key));
    return {
      ...whole, tiers: whole.tiers.map((tier, place) =>
        (lack.has(draft.tiers[place].key) ? { ...tier, hidden: ['user_data'] } : tier)),
    };
  }

  /** What must be answered before it is built: [{place, message}], as problems. */
  function questions(draft) {
    return draft.tiers.flatMap((tier) => found('tier', tier.key, server.questions(tier)));
  }

  function found(kind, key, faults) {
    return faults.filter(([wrong]) => wrong)
      .map(([, field, message]) => ({ place: { kind, key, field }, message }));
  }

  function tierFaults(tier, before) {
    const named = TIER_NAME.test(tier.name);
    return [
      [!named, 'name', gettext('Small letters, digits and hyphens, a letter first, at most 32.')],
      [named && before.some((other) => other.name === tier.name), 'name', gettext('Another tier has this name.')],
      [!within(tier.count, limit('max_members_per_tier')), 'count', range()],
      ...server.faults(tier),
    ];
  }

  function policyFaults(draft, policy) {
    const check = {
      number: (field, optional) => [
        !(optional && policy[field] === null) && !within(policy[field], limit('max_members_per_tier')), field, range(),
      ],
      target: (field) => [!targets(draft, policy).some((tier) => tier.key === policy.to), field,
        gettext('Choose another tier.')],
    };
    return [
      [policy.tiers.length < fewest(policy), 'tiers',
        fewest(policy) > 1 ? gettext('Choose two tiers or more.') : gettext('Choose a tier.')],
      ...policyKinds.of(policy.type).faults(policy, check),
    ];
  }

  function range() {
    return fill(gettext('From 1 to %(most)s.'), { most: limit('max_members_per_tier') });
  }

  function within(value, most) {
    return Number.isInteger(value) && value >= 1 && value <= most;
  }

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
    const ours = (Object.hasOwn(FIELDS, name) && FIELDS[name]) || name || (kind === 'tier' ? 'name' : 'type');
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
      (kind === 'tier' ? changeTier : changePolicy)(whole, key, { [field]: value }), draft);
  }

  ensembles.model = {
    empty, complete, addTier, changeTier, removeTier, duplicateTier, addPolicy, changePolicy, removePolicy,
    targets, joins, tierNames, ruleOf, body, written, size, problems, questions, placeOf, stepsOf, take,
  };
}());
