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

  let board = null; // {node, svg, list, page}
  let due = 0;

  /** Put the list of cards where edges can be drawn beside it. */
  function build(list) {
    const svg = shape('svg', 'ens-edges', { 'aria-hidden': 'true', focusable: 'false' });
    const on = { pointerover: approach, focusin: approach, pointerleave: light };
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
      on: {
        pointerdown(event) {
          if (event.button) { return; }
          event.preventDefault();
          const grip = event.currentTarget;
          grip.setPointerCapture(event.pointerId);
          ensembles.policyChip.later(() => ensembles.edgeDrag.start(event, grip, board, tier, page));
        },
      },
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
      const kind = { near: row === near ? 'arrow' : 'dot', 'anti-affinity': 'bar' }[policy.type] || 'dot';
      return end(kind, side, ys[index], out);
    });
    const whole = shape('g', 'ens-edge ' + className, { 'data-edge': key });
    const title = shape('title', '', {});
    title.textContent = board.page.sentence(policy);
    whole.append(title, shape('path', 'ens-edge-ground', { d: line }), shape('path', 'ens-edge-line', { d: line }),
      shape('path', 'ens-edge-ends', { d: ends.join('') }));
    return whole;
  }

  /** Fetch what may be wanted next. */
  function approach(event) {
    ensembles.policyChip.fetched();
    light(event);
  }

  /** Make the edge stand out that the pointer or the focus is at, and its chip. */
  function light({ type, target }) {
    const at = type !== 'pointerleave' && target.closest('[data-edge], [data-policy]');
    const key = at && (at.dataset.edge || at.dataset.policy);
    board.node.querySelectorAll('[data-edge], .ens-links [data-policy]').forEach((one) =>
      one.classList.toggle('is-lit', (one.dataset.edge || one.dataset.policy) === key));
  }

  ensembles.edges = { build, links, handle, draw, rowsOf };
}());
