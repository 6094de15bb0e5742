// SPDX-License-Identifier: Apache-2.0
/* Keeps the draft in the browser's tab, so that a reload or a lost session costs nothing. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const model = ensembles.model;
  // A draft of any version is completed by what has come since. Raise this, and say below how to read the older
  // ones, when a field changes its meaning.
  const VERSION = 3;

  /** storage: what sessionStorage can do; key: whose draft it is. */
  function open(storage, key) {
    return {
      /** The draft kept, or null. */
      load() {
        try {
          const kept = JSON.parse(storage.getItem(key));
          return isDraft(kept.draft) ? model.complete(kept.draft) : null;
        } catch {
          return null;
        }
      },
      save(draft) {
        try {
          storage.setItem(key, JSON.stringify({ version: VERSION, draft }));
        } catch {
          // A full or forbidden storage must not stop anybody from drawing.
        }
      },
      clear() {
        try { storage.removeItem(key); } catch { /* as above */ }
      },
    };
  }

  function isDraft(draft) {
    return [draft.tiers, draft.policies].every((items) => items.every((item) => typeof item.key === 'string'))
      && draft.policies.every((policy) => Array.isArray(policy.tiers))
      && typeof draft.name === 'string' && Number.isInteger(draft.next);
  }

  ensembles.store = { open };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.store; }
}());
