// SPDX-License-Identifier: Apache-2.0
/* Times as people say them: how long ago, for how long, and exactly when. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el } = ensembles.dom;

  // The largest unit first, in seconds.
  const UNITS = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];

  /** The language of the page, as the browser's own formats want it. */
  function language() {
    const said = document.documentElement.lang;
    try {
      return said && Intl.getCanonicalLocales(said)[0];
    } catch {
      return undefined;
    }
  }

  /** "12 seconds ago", "yesterday"; ms: how long ago. */
  function ago(ms) {
    const seconds = Math.max(0, Math.round(ms / 1000));
    const [unit, size] = UNITS.find((each) => seconds >= each[1]) || UNITS[3];
    return new Intl.RelativeTimeFormat(language() || undefined, { numeric: 'auto' })
      .format(-Math.floor(seconds / size), unit);
  }

  /** "48 s", "2 min 5 s", "3 h 20 min". */
  function lasted(ms) {
    const seconds = Math.max(0, Math.round(ms / 1000));
    const parts = { h: Math.floor(seconds / 3600), min: Math.floor(seconds / 60) % 60, s: seconds % 60 };
    if (parts.h) { return fill(gettext('%(h)s h %(min)s min'), parts); }
    return parts.min ? fill(gettext('%(min)s min %(s)s s'), parts) : fill(gettext('%(s)s s'), parts);
  }

  /** The exact time, in the reader's own time zone. */
  function exact(at) {
    return new Date(at).toLocaleString(language() || undefined, { dateStyle: 'medium', timeStyle: 'medium' });
  }

  /** The time of the day alone. */
  function clock(at) {
    return new Date(at).toLocaleTimeString(language() || undefined);
  }

  /** An element that says how long ago something was; `tick` keeps it right. now: ms of the API's clock. */
  function since(at, now) {
    return el('time', { class: 'ens-ago', datetime: at, title: exact(at) }, ago(now - Date.parse(at)));
  }

  /** Bring all such elements below a node up to date. */
  function tick(root, now) {
    for (const node of root.querySelectorAll('time.ens-ago')) {
      const text = ago(now - Date.parse(node.getAttribute('datetime')));
      if (node.textContent !== text) { node.textContent = text; }
    }
  }

  ensembles.time = { ago, lasted, exact, clock, since, tick };
}());
