// SPDX-License-Identifier: Apache-2.0
/* What a tier can be made of: the first page of each list came with the page, the rest is asked for. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  const AT_ONCE = 100; // ids that are asked for at once: an address has an end

  /**
   * choices: {kind: [items], more: {kind: marker}, missing: [kinds]} as the page brought them; ask(kind, query, signal)
   * gives a promise of {items, next}. An item has at least {id, name}.
   */
  function open(choices, ask) {
    const known = new Map();
    const asked = new Set(); // ids that were asked for, be they there or not
    const note = (kind, items) => {
      for (const item of items) { known.set(kind + ' ' + item.id, item); }
      return items;
    };
    for (const kind of Object.keys(choices)) {
      if (kind !== 'missing' && Array.isArray(choices[kind])) { note(kind, choices[kind]); }
    }
    const get = (kind, id) => known.get(kind + ' ' + id);

    return {
      get,
      /** Whether the cloud has such things at all. */
      has: (kind) => Array.isArray(choices[kind]),
      /** What a thing is called; its id as long as nothing is known of it. */
      name: (kind, id) => (get(kind, id) || { name: id }).name,
      /** The image of a tier, be it an image or an instance snapshot; undefined where none is known. */
      image: (tier) => (tier.volumes || ensembles.server.ofSnapshot(tier) ? undefined
        : get('images', tier.image) || get('snapshots', tier.image)),
      /** The first page: {items, next}; null if it could not be had. */
      first(kind) {
        if ((choices.missing || []).includes(kind)) { return null; }
        return { items: choices[kind] || [], next: (choices.more || {})[kind] || null };
      },
      /** Those after the marker whose name has the text. */
      async find(kind, text, marker, signal) {
        const query = new URLSearchParams({ q: text, ...(marker && { marker }) });
        const found = await ask(kind, query, signal);
        note(kind, found.items);
        return found;
      },
      /** There is one more, which was made on this page. */
      add(kind, item) {
        choices[kind] = [...note(kind, [item]), ...(choices[kind] || []).filter((one) => one.id !== item.id)];
      },
      /** Get to know those with these ids; whether any was new. */
      async learn(kind, ids) {
        const missing = ids.filter((id) => id && !get(kind, id) && !asked.has(kind + ' ' + id)).slice(0, AT_ONCE);
        if (!missing.length) { return false; }
        missing.forEach((id) => asked.add(kind + ' ' + id));
        const found = await ask(kind, new URLSearchParams(missing.map((id) => ['id', id])));
        return note(kind, found.items).length > 0;
      },
    };
  }

  ensembles.catalog = { open };
}());
