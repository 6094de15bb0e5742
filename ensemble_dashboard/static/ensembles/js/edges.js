// SPDX-License-Identifier: Apache-2.0
/* Policies between tiers as edges beside the cards, drawn by dragging one card's handle to another card. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext } = ensembles.words;
  const { el } = ensembles.dom;
  const { shape } = ensembles.pictures;
  const { arrange, portAt, path, end } = ensembles.lanes;
  const NARROW = 480; // pixels of the board below which the lanes are close together
  const STEADY = 4; // pixels that a pointer may move and still click
  const VERGE = 50; // pixels from the window's edge where a drag scrolls it

  let board = null; // {node, svg, list, page}
  let due = 0;

  /** Put the list of cards where edges can be drawn beside it. */
  function build(list) {
    const svg = shape('svg', 'ens-edges', { 'aria-hidden': 'true', focusable: 'false' });
    const on = { pointerover: light, focusin: light, pointerleave: light };
    const node = el('div', { class: 'ens-board', on }, svg, list);
    board = { node, svg, list, page: null };
    svg.addEventListener('click', ({ target }) => {
      const edge = target.closest('[data-edge]');
      if (edge) { document.getElementById(edge.dataset.edge + '-chip').click(); }
    });
    if (globalThis.ResizeObserver) { new globalThis.ResizeObserver(soon).observe(list); }
    return node;
  }

  /** The rows of the cards that a policy is about. */
  function rowsOf({ draft }, policy) {
    return draft.tiers.flatMap((tier, row) =>
      (policy.tiers.includes(tier.key) || (policy.type === 'near' && policy.to === tier.key) ? [row] : []));
  }

  /** The chips of the edges that begin at a tier; they stand below its card. */
  function links(tier, page) {
    const own = page.draft.policies.filter((policy) =>
      policy.between && page.draft.tiers[rowsOf(page, policy)[0] || 0] === tier);
    return own.length
      ? el('div', { class: 'ens-links' }, ensembles.policyChip.chips(own, page, gettext('Between tiers'))) : null;
  }

  /** What a card is related to others by with a pointer; keys have "Relate to". */
  function handle(tier, page) {
    if (page.draft.tiers.length < 2) { return null; }
    return el('span', {
      class: 'ens-handle', title: gettext('Drag to another tier to relate the two'), 'aria-hidden': 'true',
      on: { pointerdown: (event) => drag(event, tier, page) },
    });
  }

  /** Draw the edges anew before the next picture. */
  function draw(page) {
    board.page = page;
    soon();
  }

  function soon() {
    if (!due && board.page) {
      due = globalThis.requestAnimationFrame(() => {
        due = 0;
        paint();
      });
    }
  }

  function paint() {
    const { node, svg, list, page } = board;
    const edges = arrange(page.draft.policies.filter((policy) => policy.between)
      .map((policy) => ({ key: policy.key, policy, rows: rowsOf(page, policy) })).filter((edge) => edge.rows.length > 1));
    const lanes = 1 + Math.max(-1, ...edges.map((edge) => edge.lane));
    const narrow = node.clientWidth < NARROW;
    const step = Math.min(narrow ? 9 : 14, (narrow ? 45 : 98) / lanes);
    const first = narrow ? 15 : 21;
    const width = page.draft.tiers.length > 1 ? Math.round(first + (lanes ? lanes * step : 0)) : 0;
    node.style.setProperty('--gutter', width + 'px');
    const frame = node.getBoundingClientRect();
    const out = globalThis.getComputedStyle(node).direction === 'rtl' ? 1 : -1;
    const side = out > 0 ? frame.width - width : width;
    const place = (one) => {
      const { top, height } = one.getBoundingClientRect();
      return { top: top - frame.top, height };
    };
    const cards = [...list.querySelectorAll('[data-tier]')].map(place);
    svg.replaceChildren(...edges.map((edge) => {
      const chip = document.getElementById(edge.key + '-chip');
      const beside = place(chip);
      const x = Math.round(side + out * (first + edge.lane * step)) + 0.5;
      return group(edge, x, side, edge.ports.map(({ row, share }) => portAt(cards[row], share)),
        Math.round(beside.top + beside.height / 2) + 0.5, out, chip);
    }));
  }

  function group({ key, policy, ports }, x, side, ys, chip, out, { className }) {
    const line = path(x, side, ys, chip);
    const near = board.page.draft.tiers.findIndex((tier) => tier.key === policy.to);
    const ends = ports.map(({ row }, index) => {
      const kind = { near: row === near ? 'arrow' : 'dot', affinity: 'dot' }[policy.type] || 'bar';
      return end(kind, side, ys[index], out);
    });
    const whole = shape('g', 'ens-edge ' + className, { 'data-edge': key });
    const title = shape('title', '', {});
    title.textContent = board.page.sentence(policy);
    whole.append(title, shape('path', 'ens-edge-ground', { d: line }), shape('path', 'ens-edge-line', { d: line }),
      shape('path', 'ens-edge-ends', { d: ends.join('') }));
    return whole;
  }

  /** Make the edge stand out that the pointer or the focus is at, and its chip. */
  function light({ type, target }) {
    const at = type !== 'pointerleave' && target.closest('[data-edge], [data-policy]');
    const key = at && (at.dataset.edge || at.dataset.policy);
    board.node.querySelectorAll('[data-edge], .ens-links [data-policy]').forEach((one) =>
      one.classList.toggle('is-lit', (one.dataset.edge || one.dataset.policy) === key));
  }

  // --- Drawing by drag. ---

  function drag(down, tier, page) {
    if (down.button) { return; }
    down.preventDefault();
    const grip = down.currentTarget;
    const line = shape('path', 'ens-edge-line ens-edge-drawn', {});
    let target = null;
    let moved = false;
    grip.setPointerCapture(down.pointerId);
    const aim = (card) => {
      if (target) { target.classList.remove('is-target'); }
      target = card;
      if (target) { target.classList.add('is-target'); }
    };
    const move = ({ clientX, clientY }) => {
      moved = moved || Math.hypot(clientX - down.clientX, clientY - down.clientY) > STEADY;
      if (!moved) { return; }
      if (clientY < VERGE) { globalThis.scrollBy(0, -12); }
      if (clientY > globalThis.innerHeight - 2 * VERGE) { globalThis.scrollBy(0, 12); }
      const frame = board.node.getBoundingClientRect();
      const from = grip.getBoundingClientRect();
      const [x, y] = [from.left + from.width / 2 - frame.left, from.top + from.height / 2 - frame.top];
      line.setAttribute('d', 'M' + x + ' ' + y + 'L' + (clientX - frame.left) + ' ' + (clientY - frame.top));
      board.svg.append(line);
      const found = document.elementsFromPoint(clientX, clientY)
        .map((one) => one.closest('.ens-card[data-tier]')).find(Boolean);
      aim(found && found.dataset.tier !== tier.key ? found : null);
    };
    const stop = (event) => {
      grip.removeEventListener('pointermove', move);
      for (const name of ['pointerup', 'pointercancel']) { grip.removeEventListener(name, stop); }
      document.removeEventListener('keydown', escape, true);
      const other = target && page.draft.tiers.find((one) => one.key === target.dataset.tier);
      const done = () => {
        aim(null);
        line.remove();
      };
      if (event.type === 'pointerup' && other) {
        ensembles.policyMenu.ask(tier, other, page, { x: event.clientX, y: event.clientY }, done);
      } else {
        done();
        if (!moved && event.type === 'pointerup') { document.getElementById(tier.key + '-relate').click(); }
      }
    };
    const escape = (event) => {
      if (event.key === 'Escape') {
        event.preventDefault();
        stop(event);
      }
    };
    grip.addEventListener('pointermove', move);
    for (const name of ['pointerup', 'pointercancel']) { grip.addEventListener(name, stop); }
    document.addEventListener('keydown', escape, true);
  }

  ensembles.edges = { build, links, handle, draw, rowsOf };
}());
