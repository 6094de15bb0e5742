// SPDX-License-Identifier: Apache-2.0
/* The right side of the drawing page: the picture of the plan, or why there is none. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el, fillIn, icon } = ensembles.dom;
  const { lazyScripts, tierLegend, map, planTable, failures, whatIf, reasons } = ensembles;

  /**
   * Open the preview in the parts of the frame. page: {drawing(): the API's body of what is drawn; change, again:
   * what the buttons of a refusal do (see verdict.js); fail(refs): asks whether what they take could be placed again;
   * build(), keep(): what the buttons do when the plan has changed}.
   */
  function open(root, parts, page) {
    const failed = new Set(); // refs of the domains that were clicked
    const picture = map.open(failed, { failed: ask });
    const table = el('div', {});
    const promises = el('div', {});
    let state = { kind: 'asking' }; // its kinds are told in verdict.js
    let legend = [];
    let drawn = null; // the API's body of what the plan is of
    let old = false; // whether the drawing is another one by now, of which there is no plan
    let atOnce = 1; // failures, as the slider says
    let found = null; // whether the lost could be placed again, as what_if.js takes it

    const slider = el('div', {});
    let highest = 0; // failures that the slider goes up to

    fillIn(parts.worst, el('div', { class: 'ens-worst-head' }, el('h3', {}, gettext('What the worst failure leaves')),
      slider), table, promises);

    /** Show a state of the drawing. The last plan stays until there is another answer, and says so when it is old. */
    function show(next) {
      if (next.kind === 'asking' || next.kind === 'submitting') { return; }
      old = fits() && !next.plan && (next.kind === 'error' || next.kind === 'incomplete');
      root.classList.toggle('is-old', old);
      fillIn(parts.old, old ? el('p', { class: 'alert alert-warning' }, icon('wait'), ' ',
        fill(gettext('This is the plan of %(time)s, from before the last change.'), { time: state.at })) : null);
      if (old) {
        page.fail([]);
        return;
      }
      state = next;
      drawn = page.drawing();
      legend = tierLegend.legend(drawn.tiers);
      if (state.plan && state.plan.domains.length) { draw(); } else { clear(); }
      parts.worst.hidden = !fits();
      if (fits()) { plan(); } else { nothing(); }
    }

    function fits() {
      return Boolean(state.plan && state.plan.feasible);
    }

    function draw() {
      const refs = new Set(state.plan.domains.map((domain) => domain.ref));
      [...failed].filter((ref) => !refs.has(ref)).forEach((ref) => failed.delete(ref));
      keyOf(state.plan);
      picture.show(state.plan, legend, (state.moved || []).map((one) => one.member));
    }

    /** The key, which stays while it says the same, so that a tier that is looked at stays so. */
    function keyOf(shown) {
      const known = shown.domains.some((domain) => domain.room);
      const said = JSON.stringify([legend, known]);
      if (parts.key.dataset.said === said) { return; }
      parts.key.dataset.said = said;
      picture.mark(null);
      fillIn(parts.key, planTable.key(legend, known ? picture.mark : null));
    }

    function plan() {
      const difference = el('div', {});
      fillIn(parts.picture, difference, picture.element, planTable.signs(state.plan));
      if (state.kind === 'changed') { tellDifference(state, difference); }
      ask();
      worst();
      fillIn(parts.table, outputs(), planTable.table(state.plan));
      fillIn(parts.remarks, reasons.remarks(state));
    }

    async function tellDifference(told, box) {
      const { difference } = await lazyScripts.load('difference');
      fillIn(box, difference.view(told, legend, { build: page.build, keep: page.keep }));
      box.querySelector('button').focus();
    }

    /** The buttons that take the picture along; what they do comes when it is first wanted. */
    function outputs() {
      const said = el('span', { class: 'ens-said', role: 'status' });
      const take = async (what) => {
        try {
          const of = { plan: state.plan, legend, failed, root, name: page.drawing().name, at: state.at };
          said.textContent = await (await lazyScripts.load('outputs')).pictureExport.take(what, of);
        } catch {
          said.textContent = gettext('That did not work in this browser.');
        }
      };
      const button = (what, sign, words) => el('button', {
        id: 'ens-take-' + what, type: 'button', class: 'btn btn-default btn-xs', on: { click: () => take(what) },
      }, icon(sign), ' ', words);
      return el('div', { class: 'ens-outputs' }, button('copy', 'copy', gettext('Copy as a table')),
        button('svg', 'download', gettext('SVG')), button('png', 'download', gettext('PNG')), said);
    }

    function worst() {
      if (!fits()) { return; }
      const reveal = (refs) => {
        failed.clear();
        refs.forEach((ref) => failed.add(ref));
        picture.paint();
        ask();
        parts.picture.scrollIntoView({ block: 'nearest' });
      };
      if (failures.most(state.plan) !== highest) {
        highest = failures.most(state.plan);
        atOnce = Math.min(atOnce, highest);
        fillIn(slider, failures.slider(atOnce, highest, (chosen) => { atOnce = chosen; worst(); }));
      }
      fillIn(table, failures.worst(state.plan, legend, state.rooms, { failures: atOnce, show: reveal }));
      fillIn(promises, whatIf.promised(state.plan, legend, atOnce));
    }

    /** Tell what the chosen failures leave, and ask whether the lost could be placed again. */
    function ask() {
      const known = failed.size === 1 && state.plan.survivability.some((item) =>
        (item.losses || []).some((loss) => failed.has(loss.domain) && loss.room));
      const asked = failed.size && !known && !old && state.kind === 'fits';
      found = asked ? 'asked' : null;
      page.fail(asked ? [...failed] : []);
      tell();
    }

    function tell() {
      fillIn(parts.tried, !fits() ? null : whatIf.tried(state.plan, legend, failed, {
        policies: drawn.policies, room: found, reset,
      }));
    }

    function reset() {
      failed.clear();
      picture.paint();
      ask();
      picture.element.querySelector('[tabindex="0"]').focus();
    }

    /** Bring in what was found out later of the same plan: its head-room, and what the chosen failures leave. */
    function learn(more) {
      Object.assign(state, more);
      if (more.failed) { found = more.failed.room; }
      if (more.plan || more.rooms) { worst(); }
      tell();
    }

    /** The drawing is another one altogether: nothing of it has failed. */
    function forget() {
      if (!failed.size) { return; }
      failed.clear();
      picture.paint();
      ask();
    }

    function nothing() {
      for (const part of [parts.tried, parts.table, parts.remarks]) { fillIn(part); }
      fillIn(parts.picture, state.kind === 'refused' ? reasons.reasons(state, page)
        : el('p', { class: 'ens-nothing' }, state.kind === 'error' ? state.message : state.problem),
      state.plan && state.plan.domains.length
        ? el('div', { class: 'ens-refused-map' }, picture.element, planTable.signs(state.plan)) : null);
    }

    function clear() {
      fillIn(parts.key);
      delete parts.key.dataset.said;
    }

    return { show, learn, forget };
  }

  ensembles.preview = { open };
}());
