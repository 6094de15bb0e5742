// SPDX-License-Identifier: Apache-2.0
/* Edits of an ensemble that was changed meanwhile: made again on what it is now, as far as that makes sense. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  /**
   * All in the API's form: before: what the edits began with; mine: what they made of it; now: what it is now. Gives the
   * edits made on `now`. What somebody else has removed meanwhile stays removed.
   */
  function carry(before, mine, now) {
    const tiers = items(before.tiers, mine.tiers, now.tiers, (one) => one.name, tier);
    const names = new Set(tiers.map(({ name }) => name));
    const ordered = tiers.map(({ after, ...one }) =>
      ({ ...one, ...(after ? { after: after.filter((name) => names.has(name)) } : {}) }));
    const policies = items(before.policies, mine.policies, now.policies, identity, newer)
      .filter((policy) => [...policy.tiers, policy.to].every((name) => !name || names.has(name)));
    return {
      name: newer(before.name, mine.name, now.name),
      description: newer(before.description || '', mine.description || '', now.description || ''),
      metadata: newer(before.metadata || {}, mine.metadata || {}, now.metadata || {}),
      recovery: newer(before.recovery || {}, mine.recovery || {}, now.recovery || {}),
      tiers: ordered, policies,
    };
  }

  /** Mine where it was edited, else what it is now. */
  function newer(before, mine, now) {
    return same(before, mine) ? now : mine;
  }

  function tier(before, mine, now) {
    return {
      ...now, count: newer(before.count, mine.count, now.count), server: newer(before.server, mine.server, now.server),
      recovery: newer(before.recovery, mine.recovery, now.recovery), after: newer(before.after, mine.after, now.after),
    };
  }

  /** Items that have an identity: those that are now, less those that I removed, more those that I added. */
  function items(before, mine, now, key, merge) {
    const known = byKey(before, key);
    const wanted = byKey(mine, key);
    const there = byKey(now, key);
    const kept = [...there].filter(([id]) => wanted.has(id) || !known.has(id))
      .map(([id, item]) => (known.has(id) && wanted.has(id) ? merge(known.get(id), wanted.get(id), item) : item));
    return [...kept, ...[...wanted].filter(([id]) => !known.has(id) && !there.has(id)).map(([, item]) => item)];
  }

  /** A Map of items by their keys; those with the same key are told apart by their order. */
  function byKey(list, key) {
    const found = new Map();
    for (const item of list) {
      let id = key(item);
      while (found.has(id)) { id += ' again'; }
      found.set(id, item);
    }
    return found;
  }

  /** What makes a policy the same one, though it was changed: its kind, its level and its tiers. */
  function identity({ type, level, tiers, to }) {
    return JSON.stringify([type, level, [...tiers].sort(), to || '']);
  }

  /** Whether two values say the same, whatever the order of their fields. */
  function same(one, other) {
    return text(one) === text(other);
  }

  function text(value) {
    return JSON.stringify(value, (_key, inner) => (inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner));
  }

  ensembles.carryOver = { carry, same };
}());
