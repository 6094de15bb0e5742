// SPDX-License-Identifier: Apache-2.0
/* Keeps the draft in the browser's tab, so that a reload or a lost session costs nothing, and a copy for when the tab is
   closed, which is offered later and never taken by itself. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { drafts } = ensembles;
  // A draft of any version is completed by what has come since. Raise this, and say below how to read the older
  // ones, when a field changes its meaning.
  const VERSION = 3;
  const TAB = 'ensembles.tab'; // where a tab keeps its id
  const DAYS = 30; // that a copy is kept

  /**
   * storage: what sessionStorage can do; of: whose drafts they are; project: {id, name} of the page's project; browser:
   * what localStorage can do, for the copies.
   */
  function open(storage, of, project, browser = null) {
    const key = of + project.id;
    const copies = of + project.id + '.';
    const own = copies + tabOf(storage);
    return {
      /** The draft kept, or null. */
      load() {
        const kept = read(storage, key);
        return kept && drafts.complete(kept.draft);
      },
      save(draft) {
        const at = Date.now();
        try {
          storage.setItem(key, JSON.stringify({ version: VERSION, draft, project, at }));
          browser?.setItem(own, JSON.stringify({ version: VERSION, draft: withoutSecrets(draft), project, at }));
        } catch {
          // A full or forbidden storage must not stop anybody from drawing.
        }
      },
      clear() {
        remove(storage, key);
        remove(browser, own);
      },
      /** When the draft that is kept was changed last, in ms; 0 if that is not known. */
      at: () => read(storage, key)?.at || 0,
      /** The copies of other tabs, most of them closed, the newest first: [{id, name, at}]. */
      left() {
        const found = keys(browser).filter((one) => one.startsWith(copies) && one !== own)
          .map((id) => ({ id, kept: read(browser, id) })).filter(({ kept }) => kept);
        const since = Date.now() - DAYS * 86400000;
        found.filter(({ kept }) => kept.at < since).forEach(({ id }) => remove(browser, id));
        return found.filter(({ kept }) => kept.at >= since)
          .map(({ id, kept }) => ({ id, name: kept.draft.name, at: kept.at }))
          .sort((one, other) => other.at - one.at);
      },
      /** Take a copy out. */
      take(id) {
        const kept = read(browser, id);
        remove(browser, id);
        return kept && drafts.complete(kept.draft);
      },
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

  /** User data is for its own user: it stays in the tab, and must be given again for a copy. */
  function withoutSecrets(draft) {
    return {
      ...draft, tiers: draft.tiers.map((tier) => (tier.userData ? { ...tier, userData: '', userDataHidden: true } : tier)),
    };
  }

  function tabOf(storage) {
    try {
      const known = storage.getItem(TAB) || String(Math.random()).slice(2);
      storage.setItem(TAB, known);
      return known;
    } catch {
      return '';
    }
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
