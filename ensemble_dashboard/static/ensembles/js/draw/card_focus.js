// SPDX-License-Identifier: Apache-2.0
/* The tier cards as one stop for Tab, between which arrows lead; the focus is never lost when they change. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  /** list: the element around the cards, each of which has data-tier and can be focused. */
  function open(list) {
    let current = '';
    const all = () => [...list.querySelectorAll('[data-tier]')];

    /** Tab stops at the card where the focus was last. */
    function settle() {
      const cards = all();
      const stop = cards.find((card) => card.dataset.tier === current) || cards[0];
      cards.forEach((card) => { card.tabIndex = card === stop ? 0 : -1; });
    }

    function go(card, name) {
      const cards = all();
      const at = cards.indexOf(card);
      const to = { next: cards[at + 1], previous: cards[at - 1], first: cards[0], last: cards[cards.length - 1] }[name];
      if (to) { to.focus(); }
    }

    /** Draw the cards anew by `draw`, and put the focus back: to where it was, or to what has taken that place. */
    function redraw(draw) {
      const focused = document.activeElement;
      const place = all().findIndex((card) => card.contains(focused));
      draw();
      settle();
      if (focused.isConnected) { return; }
      const cards = all();
      (document.getElementById(focused.id) || cards[Math.min(Math.max(place, 0), cards.length - 1)]
        || document.getElementById('ens-add-tier')).focus();
    }

    list.addEventListener('focusin', ({ target }) => {
      const card = target.closest('[data-tier]');
      if (card) {
        current = card.dataset.tier;
        settle();
      }
    });
    return { go, redraw };
  }

  ensembles.cardFocus = { open };
}());
