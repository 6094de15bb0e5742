// SPDX-License-Identifier: Apache-2.0
/* What is missing or wrong in a draft, as far as it can be told without the API. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { drafts, apiBody, policyKinds, server } = ensembles;
  const { targets, fewest } = ensembles.draftPolicies;
  const { limit, bytes } = ensembles.limits;
  
  const TIER_NAME = /^[a-z][a-z0-9-]{0,31}$/;

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
    tooMany(drafts.size(draft), 'max_members', gettext('At most %(most)s members in all.'));
    tooMany(draft.tiers.length, 'max_tiers', gettext('At most %(most)s tiers.'));
    tooMany(draft.policies.length, 'max_policies', gettext('At most %(most)s policies.'));
    for (const [wrong, field, message] of server.pairFaults(draft.metadata)) {
      if (wrong) { whole.push({ place: { ...place, field }, message }); }
    }
    for (const [wrong, message] of recoveryFaults(draft.recovery)) {
      if (wrong) { whole.push({ place: { ...place, field: 'recovery' }, message }); }
    }
    tooMany(bytes({ ensemble: apiBody.body(draft) }), 'max_body_bytes', gettext('All of it is %(count)s bytes long, and '
      + 'this cloud takes %(most)s at most. Make the user data shorter.'));
    return whole.concat(
      draft.tiers.flatMap((tier, index) => found('tier', tier.key, tierFaults(tier, draft.tiers.slice(0, index)))),
      draft.policies.flatMap((policy) => found('policy', policy.key, policyFaults(draft, policy))));
  }

  function recoveryFaults({ delay = 0, at_once: most = 1 }) {
    return [[delay, 0, 'delay'], [most, 1, 'at_once']].map(([value, least, name]) => {
      const highest = limit('max_recovery_' + name);
      return [!within(value, highest, least), fill(gettext('From %(least)s to %(most)s.'), { least, most: highest })];
    });
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

  function within(value, most, least = 1) {
    return Number.isInteger(value) && value >= least && value <= most;
  }

  ensembles.draftFaults = { problems, questions };
}());
