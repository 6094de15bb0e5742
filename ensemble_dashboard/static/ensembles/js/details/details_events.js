// SPDX-License-Identifier: Apache-2.0
/* What has happened, newest first, with how long ago and exactly when; the older ones are folded away. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill } = ensembles.words;
  const { el, icon } = ensembles.dom;
  const { since } = ensembles.time;
  const { exact } = ensembles.formats;

  const FEW = 8;

  /** The sign of an event by its type: "BUILDING", "web-1 ACTIVE", ... */
  function sign(type) {
    const last = (type || '').split(' ').pop();
    return {
      ACTIVE: 'good', ERROR: 'bad', ROLLING_BACK: 'bad', DELETING: 'trash', RESERVING: 'wait', BUILDING: 'wait',
      lost: 'warn', regained: 'good',
    }[last] || 'less';
  }

  /** list: the events, oldest first; all: whether the older ones are shown too; toggle(): show or fold them. */
  function events(list, { all, toggle, now }) {
    if (!list.length) { return el('p', { class: 'text-muted' }, gettext('Nothing has happened yet.')); }
    const newest = [...list].reverse();
    const hidden = newest.length - FEW;
    return [
      el('ol', { class: 'ens-events', id: 'ens-events', reversed: true },
        (all ? newest : newest.slice(0, FEW)).map((event) => el('li', {},
          icon(sign(event.type)), el('span', { class: 'ens-event-words' }, event.message || event.type),
          el('span', { class: 'ens-event-when' }, since(event.at, now), ' ',
            el('span', { class: 'ens-event-exact' }, exact(event.at)))))),
      hidden > 0 ? el('button', {
        type: 'button', class: 'btn btn-default btn-sm', 'data-key': 'all-events', 'aria-expanded': String(all),
        'aria-controls': 'ens-events', on: { click: toggle },
      }, all ? gettext('Show only the newest') : fill(
        ngettext('Show %(count)s older event', 'Show %(count)s older events', hidden), { count: hidden })) : null,
    ];
  }

  ensembles.events = { events, sign, FEW };
}());
