// SPDX-License-Identifier: Apache-2.0
/* What the drawing begins with: what was drawn before, an example, or another ensemble to be like. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { history, drafts, newDraft, starts } = ensembles;

  /** kept: see saved_drafts.js; data: of the page. Gives the steps (history.js); what was drawn before is one of them. */
  function begin(kept, data) {
    const before = history.begin(kept.load() || newDraft.fresh(data.choices));
    const sample = new URLSearchParams(globalThis.location.search).get('sample');
    const start = data.starts.find((one) => one.id === sample);
    let past = before;
    if (start) {
      past = history.record(past, starts.draw(start, data, drafts.empty()), { label: gettext('draw this example') });
    }
    if (data.like) {
      const like = { ...data.like, name: fill(gettext('%(name)s copy'), data.like) };
      past = history.record(past, ensembles.document.drawing(like),
        { label: fill(gettext('draw another like “%(name)s”'), data.like) });
    }
    if (past !== before) {
      kept.save(past.now);
      // A reload must bring back what was drawn since.
      globalThis.history.replaceState(null, '', globalThis.location.pathname);
    }
    return past;
  }

  ensembles.firstDraft = { begin };
}());
