// SPDX-License-Identifier: Apache-2.0
/* Where the keys lead in a picture of boxes in boxes: one stop for Tab, arrows inside. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  /**
   * The button that a key goes to from the one it was pressed on, or nothing: up and down go through all of them
   * in order, the arrow inwards to the first one inside, the arrow outwards to the one around.
   */
  function next(element, { key, target, altKey, ctrlKey, metaKey }) {
    if (altKey || ctrlKey || metaKey) { return null; }
    const all = [...element.querySelectorAll('button')];
    const at = all.indexOf(target);
    const inwards = element.closest('[dir=rtl]') ? 'ArrowLeft' : 'ArrowRight';
    switch (key) {
      case 'ArrowDown': return all[at + 1];
      case 'ArrowUp': return all[at - 1];
      case 'Home': return all[0];
      case 'End': return all[all.length - 1];
      case 'ArrowLeft':
      case 'ArrowRight': return key === inwards ? inner(target) : outer(target);
      default: return null;
    }
  }

  function inner(button) {
    return button.parentElement.querySelector(':scope > .ens-domains button');
  }

  function outer(button) {
    const item = button.parentElement.parentElement.closest('.ens-domain');
    return item && item.querySelector('button');
  }

  ensembles.pictureKeys = { next };
}());
