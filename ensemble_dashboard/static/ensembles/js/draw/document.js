// SPDX-License-Identifier: Apache-2.0
/* From the API's form of an ensemble, as a file has it, to a drawing; api_body.js goes the other way. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { drafts, draftPolicies, policyKinds, server } = ensembles;

  const COMMON = ['type', 'level', 'enforcement']; // fields that all kinds of policies have, called alike

  /** Draw what a body of the API says: {name, description, metadata, recovery, tiers, policies}, flavors and so on by id. */
  function drawing(body) {
    const whole = {
      ...drafts.empty(), name: body.name || '', description: body.description || '',
      metadata: Object.entries(body.metadata || {}), recovery: body.recovery || {},
    };
    const tiers = body.tiers.reduce(
      (draft, tier) => drafts.addTier(draft, {
        ...serverOf(tier.server), name: tier.name, count: tier.count,
        userDataHidden: (tier.hidden || []).includes('user_data'), rebuild: Boolean(tier.recovery?.rebuild),
        gate: tier.gate || null,
      }), whole);
    const ordered = {
      ...tiers, tiers: tiers.tiers.map((tier, place) => ({ ...tier, after: before(tiers, body.tiers[place]) })),
    };
    return (body.policies || []).reduce((draft, policy) => draftPolicies.addPolicy(draft, policyOf(draft, policy)), ordered);
  }

  /** The keys of the tiers that come before one, as far as there are such tiers. */
  function before(draft, { after = [] }) {
    return after.map((name) => draft.tiers.find((tier) => tier.name === name)?.key).filter(Boolean);
  }

  function serverOf(given) {
    return { ...server.fromApi(given), rest: others(given, { ...server.EMPTY, ...server.FIELDS }) };
  }

  function policyOf(draft, given) {
    const { type, to, tiers } = given;
    const kind = policyKinds.of(type);
    const key = (name) => draft.tiers.find((tier) => tier.name === name)?.key || '';
    const own = Object.values(kind.fields);
    const known = Object.fromEntries([...COMMON, ...own, 'tiers', kind.hasTarget && 'to'].map((name) => [name, true]));
    return {
      ...Object.fromEntries(COMMON.filter((name) => Object.hasOwn(given, name)).map((name) => [name, given[name]])),
      ...kind.drawn(given), between: tiers.length > 1 || kind.hasTarget, tiers: tiers.map(key), to: key(to),
      rest: others(given, known),
    };
  }

  /** What the drawing has no field for: kept, and sent as it came. */
  function others(given, known) {
    return Object.fromEntries(Object.entries(given).filter(([name]) => !Object.hasOwn(known, name)));
  }

  ensembles.document = { drawing };
}());
