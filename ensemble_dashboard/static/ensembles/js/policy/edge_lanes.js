// SPDX-License-Identifier: Apache-2.0
/* Where the edges between tiers run: each in a lane beside the cards, so that none crosses a text. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const ROUND = 6; // pixels; radius of a corner
  const HEAD = 46; // pixels; the upper part of a card, which the handle and the name have

  /**
   * Give each edge a lane, 0 the nearest to the cards, and a port at each of its cards.
   *
   * edges: [{key, rows: [numbers of cards, ascending]}]. Gives [{...edge, lane, ports: [{row, share}]}]: share is how
   * far down the card's side the port is, between 0 and 1. Edges that overlap never share a lane; short ones are inside.
   * Edges from above arrive in the upper part of a card, those to below leave in the lower one, so that few cross.
   */
  function arrange(edges) {
    const laid = [];
    const span = (edge) => edge.rows[edge.rows.length - 1] - edge.rows[0];
    for (const edge of [...edges].sort((one, two) => span(one) - span(two) || one.rows[0] - two.rows[0])) {
      const taken = new Set(laid.filter((other) => overlap(edge.rows, other.rows)).map((other) => other.lane));
      let lane = 0;
      while (taken.has(lane)) { lane += 1; }
      laid.push({ ...edge, lane });
    }
    const order = new Map(); // row -> its edges from the top port down
    for (const edge of laid) {
      for (const row of edge.rows) { order.set(row, [...(order.get(row) || []), edge]); }
    }
    for (const [row, at] of order) { at.sort((one, two) => rank(one, row) - rank(two, row)); }
    return laid.map((edge) => {
      const ports = edge.rows.map((row) => {
        const at = order.get(row);
        return { row, share: (at.indexOf(edge) + 1) / (at.length + 1) };
      });
      return { ...edge, ports };
    });
  }

  function overlap(one, two) {
    return Math.max(one[0], two[0]) < Math.min(one[one.length - 1], two[two.length - 1]);
  }

  /** What arrives is above what passes, and that above what leaves; the nearest lane arrives first and leaves last. */
  function rank(edge, row) {
    if (row === edge.rows[edge.rows.length - 1]) { return edge.lane; }
    return row === edge.rows[0] ? 3000 - edge.lane : 1000 + edge.lane;
  }

  /** How far down a port is. card: {top, height} in pixels. */
  function portAt(card, share) {
    const head = Math.min(HEAD, card.height / 2);
    return Math.round(card.top + head + (card.height - head) * share) + 0.5;
  }

  /**
   * The line of an edge as a path: down its lane at x, with an arm to `side` at each of the heights ys; the
   * first and the last arm are round corners. chip: the height of the arm to its chip, or null.
   */
  function path(x, side, ys, chip) {
    const [top, bottom] = [ys[0], ys[ys.length - 1]];
    const round = Math.min(ROUND, (bottom - top) / 2, Math.abs(side - x));
    const bend = x + Math.sign(side - x) * round;
    const arms = [...ys.slice(1, -1), ...(chip === null ? [] : [chip])].map((y) => 'M' + x + ' ' + y + 'H' + side);
    return ['M' + side + ' ' + top + 'H' + bend + 'Q' + x + ' ' + top + ' ' + x + ' ' + (top + round)
      + 'V' + (bottom - round) + 'Q' + x + ' ' + bottom + ' ' + bend + ' ' + bottom + 'H' + side, ...arms].join('');
  }

  /** What the line ends in at a card. out: 1 or -1, the way off the card. */
  function end(kind, side, y, out) {
    const at = (step) => side + out * step;
    return {
      arrow: 'M' + at(9) + ' ' + (y - 5) + 'L' + at(1) + ' ' + y + 'L' + at(9) + ' ' + (y + 5) + 'z',
      bar: 'M' + at(4) + ' ' + (y - 5) + 'V' + (y + 5),
      dot: 'M' + (side - 3.5) + ' ' + y + 'a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z',
    }[kind];
  }

  ensembles.edgeLanes = { arrange, portAt, path, end };
}());
