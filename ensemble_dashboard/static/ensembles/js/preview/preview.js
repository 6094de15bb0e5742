// SPDX-License-Identifier: Apache-2.0
/* The right side of the drawing page: the picture of the plan, or why there is none. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el, fillIn, icon } = ensembles.dom;
  const { lazyScripts, tierLegend, map, planTable, outputs, worstPanel, whatIf, reasons } = ensembles;

  const SOON = 700; // ms without an answer until the one before is told to be old; most are there by then

  /**
   * Open the preview in the parts of the frame. view: of page_state.js; page: {drawing(): the API's body of what is
   * drawn; change, again: what the buttons of a refusal do (see verdict.js); fail(refs): asks whether what they take
   * could be placed again, null where that is not asked; build(), keep(): what the buttons do when the plan has changed;
   * running: what runs, as running_ensemble.js has it, null for what is to be created}.
   */
  function open(root, parts, view, page) {
    const picture = map.open(view, { failed: ask });
    const { running } = page;
    const worst = worstPanel.open(parts.worst, view, reveal, running && ensembles.changePicture.leftNow(running.now));
    let shown = null; // what is in the picture: the plan, or what comes of what runs
    let state = { kind: 'asking' }; // what is shown; its kinds are told in verdict.js
    let waiting = 0;

    /** Show a state of the drawing. The last answer stays until there is another one, and says so when it is old. */
    function show(next) {
      clearTimeout(waiting);
      if (next.kind === 'submitting') { return; }
      if (next.kind === 'asking') {
        wait();
        return;
      }
      view.old = fits() && !next.plan && (next.kind === 'error' || next.kind === 'incomplete');
      tellOld(view.old);
      if (view.old) {
        page.fail?.([]);
        return;
      }
      state = next;
      view.drawn = page.drawing();
      view.legend = tierLegend.legend(view.drawn.tiers);
      drawAll();
    }

    /** Draw the answer, or say why there is none. */
    function drawAll() {
      shown = running ? ensembles.changePicture.drawn(state.plan, running.now) : state.plan;
      if (shown && shown.domains.length) { draw(); } else { clear(); }
      if (running) { tellChange(); }
      parts.worst.hidden = !fits();
      if (fits()) { plan(); } else { nothing(); }
    }

    /** Who comes, goes and moves. */
    function tellChange() {
      fillIn(parts.change, fits() ? ensembles.changeView.view(state.plan, view.legend, running.now) : null);
    }

    /** There will be another answer: what goes by the drawing of before is offered no more, and in a moment is old. */
    function wait() {
      parts.picture.querySelectorAll('.ens-offer').forEach((offer) => { offer.disabled = true; });
      if (state.at) {
        waiting = setTimeout(() => tellOld(true), SOON);
      } else {
        fillIn(parts.picture, el('p', { class: 'ens-nothing' }, gettext('Planning…')));
      }
    }

    function tellOld(old) {
      root.classList.toggle('is-old', old);
      const words = fits() ? gettext('This is the plan of %(time)s, from before the last change.')
        : gettext('This is the answer of %(time)s, from before the last change.');
      fillIn(parts.old, old ? el('p', { class: 'alert alert-warning' }, icon('wait'), ' ',
        fill(words, { time: state.at })) : null);
    }

    function fits() {
      return Boolean(state.plan && state.plan.feasible);
    }

    function draw() {
      const refs = new Set(shown.domains.map((domain) => domain.ref));
      [...view.failed].filter((ref) => !refs.has(ref)).forEach((ref) => view.failed.delete(ref));
      const legend = running ? tierLegend.legend([...view.drawn.tiers, ...running.leaving(view.drawn.tiers)]) : view.legend;
      keyOf(shown, legend);
      picture.show(shown, legend, state.moved ? state.moved.map((one) => one.member) : shown.moved);
    }

    /** The key, which stays while it says the same, so that a tier that is looked at stays so. */
    function keyOf(drawn, legend) {
      const known = drawn.domains.some((domain) => domain.room);
      const said = JSON.stringify([legend, known]);
      if (parts.key.dataset.said === said) { return; }
      parts.key.dataset.said = said;
      picture.mark(null);
      fillIn(parts.key, planTable.key(legend, known ? picture.mark : null));
    }

    function plan() {
      const difference = el('div', {});
      fillIn(parts.picture, difference, picture.element, planTable.signs(shown));
      if (state.kind === 'changed') { tellDifference(state, difference); }
      ask();
      worst.show(state.plan, view.legend, state.rooms);
      fillIn(parts.table, outputs.buttons(() => ({
        plan: state.plan, legend: view.legend, failed: view.failed, root, name: page.drawing().name, at: state.at,
      })), planTable.table(state.plan));
      fillIn(parts.remarks, reasons.remarks(state));
    }

    async function tellDifference(told, box) {
      const { difference } = await lazyScripts.load('difference');
      fillIn(box, difference.view(told, view.legend, { build: page.build, keep: page.keep }));
      box.querySelector('button').focus();
    }

    function reveal(refs) {
      view.failed.clear();
      refs.forEach((ref) => view.failed.add(ref));
      picture.paint();
      ask();
      parts.picture.scrollIntoView({ block: 'nearest' });
    }

    /** Tell what the chosen failures leave, and ask whether lost members can be placed again. */
    function ask() {
      const { failed } = view;
      const known = failed.size === 1 && state.plan.survivability.some((item) =>
        (item.losses || []).some((loss) => failed.has(loss.domain) && loss.room));
      const asked = page.fail && failed.size && !known && !view.old && state.kind === 'fits';
      view.found = asked ? 'asked' : null;
      page.fail?.(asked ? [...failed] : []);
      tell();
    }

    function tell() {
      fillIn(parts.whatIf, !fits() ? null : whatIf.afterFailures(state.plan, view.legend, view.failed, {
        policies: view.drawn.policies, room: view.found, reset,
      }));
    }

    function reset() {
      forget();
      picture.element.querySelector('[tabindex="0"]').focus();
    }

    /** Bring in what was found out later of the same plan: its headroom, and what the chosen failures leave. */
    function learn(more) {
      Object.assign(state, more);
      if (more.failed) { view.found = more.failed.room; }
      if (fits() && (more.plan || more.rooms)) { worst.show(state.plan, view.legend, state.rooms); }
      tell();
    }

    /** Nothing has failed: the drawing is another one altogether, or somebody wants it so. */
    function forget() {
      if (!view.failed.size) { return; }
      view.failed.clear();
      picture.paint();
      ask();
    }

    function nothing() {
      for (const part of [parts.whatIf, parts.table, parts.remarks]) { fillIn(part); }
      fillIn(parts.picture, state.kind === 'refused' ? reasons.reasons(state, page)
        : el('p', { class: 'ens-nothing' }, state.kind === 'error' ? state.message : state.problem),
      shown && shown.domains.length
        ? el('div', { class: 'ens-refused-map' }, running ? el('h3', {}, gettext('What runs now')) : null,
          picture.element, planTable.signs(shown)) : null);
    }

    function clear() {
      fillIn(parts.key);
      delete parts.key.dataset.said;
    }

    return { show, learn, forget };
  }

  ensembles.preview = { open };
}());
