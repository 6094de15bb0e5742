// SPDX-License-Identifier: Apache-2.0
// The heat map by pointer and keyboard: one cell is in the tab order, arrows move to the others.
(function () {
  'use strict';

  // The cell to go to from `at` among `boxes` ({left, top, width, height}) for a key, or -1.
  function next(boxes, at, key) {
    if (key === 'Home') { return 0; }
    if (key === 'End') { return boxes.length - 1; }
    if (key === 'ArrowLeft' || key === 'ArrowRight') {
      const to = at + (key === 'ArrowRight' ? 1 : -1);
      return to < 0 || to >= boxes.length ? -1 : to;
    }
    if (key !== 'ArrowUp' && key !== 'ArrowDown') { return -1; }
    const sign = key === 'ArrowDown' ? 1 : -1;
    const here = boxes[at];
    const middle = here.left + here.width / 2;
    let best = -1;
    let least = Infinity;
    boxes.forEach(function (box, index) {
      const down = (box.top - here.top) * sign;
      if (down < here.height / 2) { return; }
      // The next row first, and in it what is nearest: a row weighs more than any distance in it.
      const cost = down * 1e4 + Math.abs(box.left + box.width / 2 - middle);
      if (cost < least) { best = index; least = cost; }
    });
    return best;
  }

  function start(map, details) {
    const cells = Array.from(map.querySelectorAll('.ens-heat-cell'));
    if (!cells.length) { return; }
    const rtl = getComputedStyle(map).direction === 'rtl';
    const mirrored = { ArrowLeft: 'ArrowRight', ArrowRight: 'ArrowLeft' };
    const hint = details.dataset.hint;
    let current = cells[0];

    function show(cell) { details.textContent = cell ? cell.querySelector('.sr-only').textContent : hint; }

    function take(cell) {
      current.tabIndex = -1;
      current = cell;
      current.tabIndex = 0;
    }

    cells.forEach(function (cell) { cell.tabIndex = -1; cell.removeAttribute('title'); });
    take(current);
    show(null);
    map.addEventListener('focusin', function (event) {
      const cell = event.target.closest('.ens-heat-cell');
      if (cell) { take(cell); show(cell); }
    });
    map.addEventListener('focusout', function () { show(null); });
    map.addEventListener('pointerover', function (event) {
      const cell = event.target.closest('.ens-heat-cell');
      show(cell || (map.contains(document.activeElement) && document.activeElement === current ? current : null));
    });
    map.addEventListener('pointerleave', function () {
      show(document.activeElement === current ? current : null);
    });
    map.addEventListener('keydown', function (event) {
      const at = cells.indexOf(event.target);
      if (at < 0 || event.ctrlKey || event.altKey || event.metaKey) { return; }
      const key = rtl && mirrored[event.key] || event.key;
      const to = next(cells.map(function (cell) { return cell.getBoundingClientRect(); }), at, key);
      if (to >= 0) {
        event.preventDefault();
        cells[to].focus();
      }
    });
  }

  if (typeof module !== 'undefined') {
    module.exports = { next: next, start: start };
  } else {
    document.addEventListener('DOMContentLoaded', function () {
      const map = document.getElementById('ens-heat');
      if (map) { start(map, document.getElementById('ens-heat-details')); }
    });
  }
})();
