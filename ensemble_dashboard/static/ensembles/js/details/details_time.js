// SPDX-License-Identifier: Apache-2.0
/* How long something took, and how long ago it was, kept up to date. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el } = ensembles.dom;
  const { formats } = ensembles;

  /** "48 s", "2 min 5 s", "3 h 20 min". */
  function lasted(ms) {
    const seconds = Math.max(0, Math.round(ms / 1000));
    const parts = { h: Math.floor(seconds / 3600), min: Math.floor(seconds / 60) % 60, s: seconds % 60 };
    if (parts.h) { return fill(gettext('%(h)s h %(min)s min'), parts); }
    return parts.min ? fill(gettext('%(min)s min %(s)s s'), parts) : fill(gettext('%(s)s s'), parts);
  }

  /** An element that says how long ago something was; `tick` keeps it right. now: ms of the API's clock. */
  function since(at, now) {
    return el('time', { class: 'ens-ago', datetime: at, title: formats.exact(at) }, formats.ago(now - Date.parse(at)));
  }

  /** Bring all such elements below a node up to date. */
  function tick(root, now) {
    for (const node of root.querySelectorAll('time.ens-ago')) {
      const text = formats.ago(now - Date.parse(node.getAttribute('datetime')));
      if (node.textContent !== text) { node.textContent = text; }
    }
  }

  /** Write a date that the server wrote as all others of the page are written. */
  function rewrite(node) {
    node.textContent = formats.exact(node.getAttribute('datetime'));
  }

  ensembles.time = { lasted, since, tick, rewrite };
}());
