// SPDX-License-Identifier: Apache-2.0
/* From the API's form of an ensemble, as a file has it, to a drawing; model.body goes the other way. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { model, server } = ensembles;

  // The API's fields of a policy that a drawing has, by its own name.
  const POLICY = {
    type: 'type', level: 'level', enforcement: 'enforcement', max_per_domain: 'most', max_skew: 'skew',
    min_domains: 'domains', failures: 'failures', min_available: 'available', other: 'other',
  };

  /** Draw what a body of the API says: {name, description, tiers, policies}, flavors and the like by id. */
  function drawing(body) {
    const whole = { ...model.empty(), name: body.name || '', description: body.description || '' };
    const tiers = body.tiers.reduce(
      (draft, tier) => model.addTier(draft, {
        ...serverOf(tier.server), name: tier.name, count: tier.count,
        userDataHidden: (tier.hidden || []).includes('user_data'),
      }), whole);
    return (body.policies || []).reduce((draft, policy) => model.addPolicy(draft, policyOf(draft, policy)), tiers);
  }

  function serverOf(given) {
    return { ...server.fromApi(given), rest: others(given, { ...server.EMPTY, ...server.FIELDS }) };
  }

  function policyOf(draft, given) {
    const { type, to, tiers } = given;
    const key = (name) => draft.tiers.find((tier) => tier.name === name)?.key || '';
    const values = {
      between: tiers.length > 1 || type === 'near', tiers: tiers.map(key), to: key(to),
      rest: others(given, { ...POLICY, tiers, to: '' }),
    };
    for (const [name, field] of Object.entries(POLICY)) {
      if (Object.hasOwn(given, name)) { values[field] = field === 'available' ? String(given[name]) : given[name]; }
    }
    // Nothing said about a spread's evenness is not the same as what a new policy begins with.
    return type === 'spread' ? { skew: null, ...values } : values;
  }

  /** What the drawing has no field for: kept, and sent as it came. */
  function others(given, known) {
    return Object.fromEntries(Object.entries(given).filter(([name]) => !Object.hasOwn(known, name)));
  }

  ensembles.document = { drawing };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.document; }
}());
