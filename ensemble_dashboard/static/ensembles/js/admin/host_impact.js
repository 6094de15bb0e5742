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

  // map: what stays when the map in it is drawn anew; details(): the line that tells of a cell, which does not.
  // Gives what is to be called when it was drawn anew.
  function start(map, details) {
    let cells = [];
    const rtl = getComputedStyle(map).direction === 'rtl';
    const mirrored = { ArrowLeft: 'ArrowRight', ArrowRight: 'ArrowLeft' };
    let current = null;

    function show(cell) {
      const line = details();
      if (line) { line.textContent = cell ? cell.querySelector('.sr-only').textContent : line.dataset.hint; }
    }

    function take(cell) {
      if (current) { current.tabIndex = -1; }
      current = cell;
      current.tabIndex = 0;
    }

    function drawn() {
      const before = current && current.getAttribute('href');
      cells = Array.from(map.querySelectorAll('.ens-heat-cell'));
      cells.forEach(function (cell) { cell.tabIndex = -1; cell.removeAttribute('title'); });
      const same = cells.find(function (cell) { return cell.getAttribute('href') === before; });
      if (cells.length) { take(same || cells[0]); }
      show(same && same === document.activeElement ? same : null);
    }

    drawn();
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
    return drawn;
  }

  if (typeof module !== 'undefined') {
    module.exports = { next: next, start: start };
  } else {
    document.addEventListener('DOMContentLoaded', function () {
      const heat = document.getElementById('ens-heat');
      if (!heat) { return; }
      const again = start(heat.parentNode, function () { return document.getElementById('ens-heat-details'); });
      document.addEventListener('ens-heat', again);
    });
  }
})();
