// SPDX-License-Identifier: Apache-2.0
/* What would come of a drain: who moves where in which order, what is in the way, and what moves just now. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;
  const { el, icon, typed } = ensembles.dom;

  const SIGNS = new Map([[true, 'good'], [false, 'bad'], [null, 'warn']]);
  const OWN = ['member', 'from', 'host']; // of a move; what else it has are domains, the smallest first

  /** All of it, as the API answers: {fits, message, ensembles}. */
  function preview(drain) {
    return [
      el('p', { class: 'ens-maintain-verdict' }, sign(drain.fits), ' ', el('strong', {}, drain.message)),
      el('ul', { class: 'ens-plain ens-maintain-list' }, drain.ensembles.map(ensemble)),
    ];
  }

  /** What keeps those that are left, while nobody moves. */
  function stuck(drain) {
    const kept = drain.ensembles.filter((each) => hindrances(each).length || each.fits === false);
    return kept.length ? el('ul', { class: 'ens-plain ens-maintain-list' }, kept.map((each) => el('li', {},
      heading(each), hindered(each)))) : el('p', {}, gettext('The next one begins in a moment.'));
  }

  /** The ensembles that are just moving. */
  function moving(found) {
    return el('ul', { class: 'ens-plain ens-maintain-list' }, found.map((each) => el('li', {},
      heading(each), el('p', {}, each.progress.message))));
  }

  function ensemble(each) {
    const moves = each.moves.map((move) => el('li', {}, typed(move.member), ': ', typed(move.from), arrow(),
      typed(move.host), el('span', { class: 'text-muted' }, ' ', place(move))));
    const listed = moves.length ? el('ol', { class: 'ens-maintain-moves' }, moves) : null;
    const says = moves.length || hindrances(each).length ? null : el('p', {}, each.message);
    return el('li', {}, heading(each), listed, says, hindered(each));
  }

  function heading({ ensemble_name: name, project, url, fits }) {
    return el('div', { class: 'ens-maintain-who' }, fits === undefined ? null : [sign(fits), ' '],
      el('a', { href: url }, typed(name)), ' ', el('span', { class: 'text-muted' }, typed(project)));
  }

  function hindrances({ blocked, waits, reasons }) {
    return [...blocked, ...reasons].map((one) => one.message).concat(waits || []);
  }

  function hindered(each) {
    return hindrances(each).map((text) => el('p', { class: 'ens-maintain-why' },
      el('span', { class: 'ens-warn' }, icon('warn')), ' ', text));
  }

  function sign(fits) {
    const said = new Map([[true, gettext('yes')], [false, gettext('no')], [null, gettext('not decided')]]).get(fits);
    return el('span', { class: 'ens-' + SIGNS.get(fits) }, icon(SIGNS.get(fits)), el('span', { class: 'sr-only' }, said));
  }

  function arrow() {
    return [' ', el('span', { class: 'ens-arrow', 'aria-hidden': 'true' }, '→'),
      el('span', { class: 'sr-only' }, gettext('to')), ' '];
  }

  /** The domains of a move's new host, the largest first. */
  function place(move) {
    return Object.entries(move).filter(([key, value]) => value && !OWN.includes(key)).map(([, value]) => value)
      .reverse().join(' › ');
  }

  ensembles.drainPlan = { preview, stuck, moving };
}());
