// SPDX-License-Identifier: Apache-2.0
/* Draws the edges between the cards as they stand now. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { shape } = ensembles.policyPicture;
  const { arrange, portAt, path, end } = ensembles.edgeLanes;
  const NARROW = 480; // pixels of the board below which the lanes are close together

  /** board: {node, svg, list, page} of edges.js; drawn: [{key, policy, rows}], one or more, as edge_lanes.js takes them. */
  function paint({ node, svg, list, page }, drawn) {
    const edges = arrange(drawn);
    const lanes = 1 + Math.max(...edges.map((edge) => edge.lane));
    const narrow = node.clientWidth < NARROW;
    const step = Math.min(narrow ? 9 : 14, (narrow ? 45 : 98) / lanes);
    const first = narrow ? 15 : 21;
    const width = Math.round(first + lanes * step);
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
        Math.round(beside.top + beside.height / 2) + 0.5, out, chip, page);
    }));
  }

  function group({ key, policy, ports }, x, side, ys, chip, out, { className }, page) {
    const line = path(x, side, ys, chip);
    const target = page.draft.tiers.findIndex((tier) => tier.key === policy.to);
    const kind = ensembles.policyKinds.of(policy.type);
    const colour = ({ row }) => 'ens-tier-' + page.legend.get(page.draft.tiers[row].key).colour;
    const ends = ports.map((port, index) => shape('path', 'ens-edge-ends ' + colour(port),
      { d: end(kind.ending(port.row === target), side, ys[index], out) }));
    const whole = shape('g', 'ens-edge ' + className, { 'data-edge': key });
    const title = shape('title', '', {});
    title.textContent = page.sentence(policy);
    whole.append(title, blend(key, ports.map(colour), ys), shape('path', 'ens-edge-ground', { d: line }),
      shape('path', 'ens-edge-line', { d: line, stroke: 'url(#' + key + '-colours)' }), ...ends);
    return whole;
  }

  /** The colours of the tiers that an edge joins, each where its card is, one going over into the next. */
  function blend(key, colours, ys) {
    const [top, bottom] = [ys[0], ys[ys.length - 1]];
    const blended = shape('linearGradient', '', {
      id: key + '-colours', gradientUnits: 'userSpaceOnUse', x1: 0, x2: 0, y1: top, y2: bottom,
    });
    blended.append(...colours.map((colour, index) =>
      shape('stop', colour, { offset: (ys[index] - top) / (bottom - top || 1) })));
    return blended;
  }

  ensembles.edgeLines = { paint };
}());
