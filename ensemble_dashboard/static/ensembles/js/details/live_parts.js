// SPDX-License-Identifier: Apache-2.0
/* The parts of the details page that follow the ensemble: filled anew only where what they show has changed. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  /** Gives {part(name): its element, put(name, key, build)}. */
  function open() {
    const shown = new Map(); // what each part shows, to leave it alone while that is the same
    const part = (name) => document.querySelector('[data-live="' + name + '"]');

    /** Fill a part with what build() gives if the key has changed, and give the focus back to what had it. */
    function put(name, key, build) {
      const text = JSON.stringify(key);
      if (shown.get(name) === text) { return; }
      shown.set(name, text);
      const node = part(name);
      const held = node.contains(document.activeElement) ? keyOf(document.activeElement) : null;
      const unfolded = node.querySelector('details[open]');
      ensembles.dom.fillIn(node, build());
      node.hidden = !node.childNodes.length;
      if (unfolded && node.querySelector('details')) { node.querySelector('details').open = true; }
      if (held) {
        ([...node.querySelectorAll('a, button, summary, input')].find((each) => keyOf(each) === held) || node).focus();
      }
    }

    return { part, put };
  }

  function keyOf(node) {
    return node.dataset.ref || node.dataset.key || node.localName + node.textContent;
  }

  ensembles.liveParts = { open };
}());
