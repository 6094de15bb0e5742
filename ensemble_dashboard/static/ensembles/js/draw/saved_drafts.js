// SPDX-License-Identifier: Apache-2.0
/* Keeps the draft in the browser's tab, so that a reload or a lost session costs nothing. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const model = ensembles.model;
  // A draft of any version is completed by what has come since. Raise this, and say below how to read the older
  // ones, when a field changes its meaning.
  const VERSION = 3;

  /** storage: what sessionStorage can do; of: whose drafts they are; project: {id, name} of the page's project. */
  function open(storage, of, project) {
    const key = of + project.id;
    return {
      /** The draft kept, or null. */
      load() {
        const kept = read(storage, key);
        return kept && model.complete(kept.draft);
      },
      save(draft) {
        try {
          storage.setItem(key, JSON.stringify({ version: VERSION, draft, project }));
        } catch {
          // A full or forbidden storage must not stop anybody from drawing.
        }
      },
      clear: () => remove(storage, key),
      /** The other projects, {id, name}, of which there are drafts. */
      others() {
        return keys(storage).filter((one) => one.startsWith(of) && one !== key && read(storage, one)).map((one) => {
          const id = one.slice(of.length);
          return { id, name: (read(storage, one).project || { name: id }).name };
        });
      },
      /** Throw the draft of another project away. */
      drop: (other) => remove(storage, of + other.id),
    };
  }

  function keys(storage) {
    try {
      return Array.from({ length: storage.length }, (_none, index) => storage.key(index));
    } catch {
      return [];
    }
  }

  /** What is kept under the key, if it is a draft; else null. */
  function read(storage, key) {
    try {
      const kept = JSON.parse(storage.getItem(key));
      return isDraft(kept.draft) ? kept : null;
    } catch {
      return null;
    }
  }

  function remove(storage, key) {
    try { storage.removeItem(key); } catch { /* A forbidden storage has nothing to remove. */ }
  }

  function isDraft(draft) {
    return [draft.tiers, draft.policies].every((items) => items.every((item) => typeof item.key === 'string'))
      && draft.policies.every((policy) => Array.isArray(policy.tiers))
      && typeof draft.name === 'string' && Number.isInteger(draft.next);
  }

  ensembles.savedDrafts = { open };
}());
