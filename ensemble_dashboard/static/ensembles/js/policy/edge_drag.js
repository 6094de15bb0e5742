// SPDX-License-Identifier: Apache-2.0
/* Drawing an edge: a handle is dragged from its card to another one. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { shape } = ensembles.policyPicture;
  const STEADY = 4; // pixels that a pointer may move and still click
  const VERGE = 50; // pixels from the window's edge where a drag scrolls it

  /**
   * Follow a pointer that is down on a card's handle; where it is let go on another card, ask how the two are related.
   * down: the event; grip: the handle; board: {node, svg} of edges.js.
   */
  function start(down, grip, board, tier, page) {
    if (!grip.hasPointerCapture(down.pointerId)) { return; } // let go while this was fetched
    const line = shape('path', 'ens-edge-line ens-edge-drawn', {});
    let target = null;
    let moved = false;
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
        ensembles.policyMenu.ask(tier.key, other, page, { x: event.clientX, y: event.clientY }, done);
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

  ensembles.edgeDrag = { start };
}());
