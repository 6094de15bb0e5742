// SPDX-License-Identifier: Apache-2.0
/* The part of the preview that says what the worst failures leave, with the slider of how many fail at once. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;
  const { el, fillIn } = ensembles.dom;
  const { failures, whatIf } = ensembles;

  /**
   * view: of page_state.js; reveal(refs): let these fail in the picture; before: as failures.worst takes it. Gives
   * {show(plan, legend, rooms)}.
   */
  function open(part, view, reveal, before) {
    const slider = el('div', {});
    const table = el('div', {});
    const promises = el('div', {});
    fillIn(part, el('div', { class: 'ens-worst-head' }, el('h3', {}, gettext('What the worst failure leaves')),
      slider), table, promises);
    let highest = 0; // failures that the slider goes up to

    /** rooms: as failures.worst takes it. */
    function show(plan, legend, rooms) {
      if (failures.most(plan) !== highest) {
        highest = failures.most(plan);
        view.atOnce = Math.min(view.atOnce, highest);
        fillIn(slider, failures.slider(view.atOnce, highest, (chosen) => {
          view.atOnce = chosen;
          show(...view.worst);
        }));
      }
      view.worst = [plan, legend, rooms];
      fillIn(table, failures.worst(plan, legend, rooms, { failures: view.atOnce, show: reveal, before }));
      fillIn(promises, whatIf.promised(plan, legend, view.atOnce));
    }

    return { show };
  }

  ensembles.worstPanel = { open };
}());
