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

  /**
   * Let the keys lead through a picture. button(ref): the button of a domain, if it is there; reset(): let nothing fail
   * any more, says whether anything did. Gives {reach(ref): Tab stops there, keep(ref): there if the old stop has gone}.
   */
  function open(element, button, reset) {
    let stop = null; // the ref of the one button that Tab reaches

    function reach(ref) {
      const at = (place, index) => { if (button(place)) { button(place).tabIndex = index; } };
      at(stop, -1);
      stop = ref;
      at(stop, 0);
    }

    element.addEventListener('focusin', ({ target }) => { if (target.dataset.ref) { reach(target.dataset.ref); } });
    element.addEventListener('keydown', (event) => {
      const found = next(element, event);
      if (found) {
        event.preventDefault();
        found.focus();
      } else if (event.key === 'Escape' && reset()) {
        event.stopPropagation();
      }
    });
    return { reach, keep: (ref) => { if (!button(stop)) { reach(ref); } } };
  }

  ensembles.pictureKeys = { next, open };
}());
