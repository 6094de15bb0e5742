// SPDX-License-Identifier: Apache-2.0
/* Policies between tiers as edges beside the cards, drawn by dragging one card's handle to another card. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;
  const { el } = ensembles.dom;
  const { shape } = ensembles.policyPicture;

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
    const joined = ensembles.draftPolicies.joins(policy);
    return draft.tiers.flatMap((tier, row) => (joined.includes(tier.key) ? [row] : []));
  }

  /** The row below whose card the chip of an edge stands: in the middle of what it joins. */
  function middle(rows) {
    return rows.length ? Math.floor((rows[0] + rows[rows.length - 1] - 1) / 2) : 0;
  }

  /** The chips of the edges that have their middle below a tier's card. */
  function links(tier, page) {
    const own = page.draft.policies.filter((policy) =>
      policy.between && page.draft.tiers[Math.max(0, middle(rowsOf(page, policy)))] === tier);
    return own.length
      ? el('div', { class: 'ens-links' },
        ensembles.policyChip.chips(own, page, { 'aria-label': gettext('Between tiers') })) : null;
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
          ensembles.policyChip.whenFetched(() => ensembles.edgeDrag.start(event, grip, board, tier, page));
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

  /** A drawing without edges needs no more than a gutter for the handles. */
  function paint() {
    const { node, svg, page } = board;
    const edges = page.draft.policies.filter((policy) => policy.between)
      .map((policy) => ({ key: policy.key, policy, rows: rowsOf(page, policy) })).filter((edge) => edge.rows.length > 1);
    if (edges.length && !ensembles.edgeLines) {
      ensembles.policyChip.whenFetched(soon);
    } else if (edges.length) {
      ensembles.edgeLines.paint(board, edges);
    } else {
      node.style.setProperty('--gutter', page.draft.tiers.length > 1 ? '21px' : '0px');
      svg.replaceChildren();
    }
  }

  /** Fetch what may be wanted next. */
  function approach(event) {
    ensembles.policyChip.fetched();
    light(event);
  }

  /** Make the policy stand out that the pointer or the focus is at: its edge, its chip, and the tiers that it binds. */
  function light({ type, target }) {
    const at = type !== 'pointerleave' && target.closest('[data-edge], [data-policy]');
    const key = at && (at.dataset.edge || at.dataset.policy);
    board.node.querySelectorAll('[data-edge], .ens-links [data-policy]').forEach((one) =>
      one.classList.toggle('is-lit', (one.dataset.edge || one.dataset.policy) === key));
    const policy = board.page?.draft.policies.find((one) => one.key === key);
    const bound = policy ? ensembles.draftPolicies.joins(policy) : [];
    board.node.querySelectorAll('[data-tier]').forEach((card) =>
      card.classList.toggle('is-bound', bound.includes(card.dataset.tier)));
  }

  ensembles.edges = { build, links, handle, draw, rowsOf };
}());
