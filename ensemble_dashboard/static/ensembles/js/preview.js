// SPDX-License-Identifier: Apache-2.0
/* The right side of the drawing page: the picture of the plan, or why there is none. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext } = ensembles.words;
  const { el, fillIn } = ensembles.dom;
  const { layout, map, failures, verdict } = ensembles;

  /**
   * Show the state of the drawing (see verdict.js for its kinds) in the parts of the frame.
   * While a plan is asked for, the last one stays, pale. failed: the refs that were clicked;
   * act: what the buttons of a refusal do (see verdict.js).
   */
  function show(root, parts, state, tiers, failed, act) {
    root.dataset.state = state.kind;
    verdict.show(parts.verdict, state);
    root.classList.toggle('is-stale', state.kind === 'asking');
    if (state.kind === 'asking' || state.kind === 'submitting') { return; }
    const legend = layout.legend(tiers);
    if (state.kind === 'fits') { plan(parts, state, legend, failed); } else { nothing(parts, state, act); }
  }

  function plan(parts, state, legend, failed) {
    const tried = () => fillIn(parts.tried, failures.tried(state.plan, legend, failed));
    fillIn(parts.key, map.key(legend));
    fillIn(parts.picture, map.picture(state.plan, legend, failed, tried));
    worst(parts, state.plan, legend, state.rooms);
    fillIn(parts.table, map.table(state.plan));
    fillIn(parts.remarks, verdict.remarks(state));
    tried();
  }

  function worst(parts, shown, legend, asked) {
    fillIn(parts.worst, el('h3', {}, gettext('The worst single failure')), failures.worst(shown, legend, asked));
    parts.worst.hidden = false;
  }

  /**
   * Bring in whether the lost could be placed again, and leave the picture and the focus alone.
   * state: {plan, rooms} as for `show`.
   */
  function rooms(parts, state, tiers, failed) {
    const legend = layout.legend(tiers);
    worst(parts, state.plan, legend, state.rooms);
    fillIn(parts.tried, failures.tried(state.plan, legend, failed));
  }

  function nothing(parts, state, act) {
    for (const part of [parts.key, parts.tried, parts.worst, parts.table, parts.remarks]) { fillIn(part); }
    parts.worst.hidden = true;
    fillIn(parts.picture, state.kind === 'refused' ? verdict.reasons(state, act)
      : el('p', { class: 'ens-nothing' }, state.kind === 'error' ? state.message : state.problem));
  }

  ensembles.preview = { show, rooms };
}());
