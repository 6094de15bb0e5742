// SPDX-License-Identifier: Apache-2.0
/* Where the members are: the picture with its key and its table, what is tried in it, and what failures cost. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { map, planTable, failures, whatIf } = ensembles;

  /** state: of details_state.js; parts: of live_parts.js. Gives {show()}. */
  function open(state, { part, put }) {
    const drawing = map.open(state, { failed: showTried });
    part('picture').append(drawing.element);

    function show() {
      const { picture, current, legend } = state;
      put('key', legend, () => planTable.key(legend));
      const moved = current ? current.members.filter((each) => each.moved).map((each) => each.name) : [];
      if (state.placed) { drawing.show(picture, legend, moved); }
      put('table', picture, () => (state.placed ? planTable.table(picture) : []));
      showTried();
      showCosts();
    }

    /** Who is left when somebody fails domains in the picture. */
    function showTried() {
      const { picture, failed, legend, ensemble } = state;
      const drawn = state.placed && !state.leaving;
      put('whatIf', [picture, [...failed], drawn], () => (drawn ? whatIf.afterFailures(picture, legend, failed, {
        policies: ensemble.policies, reset: () => fail([]),
      }) : []));
    }

    /** The worst failures of each level, one or several at once. */
    function showCosts() {
      const { picture, legend } = state;
      const highest = failures.most(picture);
      state.failures = Math.min(state.failures, highest);
      put('slider', highest, () => failures.slider(state.failures, highest,
        (wanted) => { state.failures = wanted; showCosts(); }) || []);
      put('failures', [picture.survivability, legend, state.failures], () => (state.placed
        ? failures.worst(picture, legend, null, { failures: state.failures, show: fail }) : []));
    }

    function fail(refs) {
      state.failed.clear();
      refs.forEach((ref) => state.failed.add(ref));
      drawing.paint();
      showTried();
    }

    return { show };
  }

  ensembles.detailsPlace = { open };
}());
