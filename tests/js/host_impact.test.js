// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { JSDOM } = require('jsdom');
const hostImpact = require('../../ensemble_dashboard/static/ensembles/js/admin/host_impact.js');

// Two racks beside each other, of three cells in two rows each, and one cell below.
const BOXES = [[0, 0], [30, 0], [0, 30], [100, 0], [130, 0], [100, 30], [0, 90]].map(
  ([left, top]) => ({ left, top, width: 26, height: 26 }));

[
  ['the next one', 0, 'ArrowRight', 1],
  ['the one before', 3, 'ArrowLeft', 2],
  ['nothing before the first', 0, 'ArrowLeft', -1],
  ['nothing after the last', 6, 'ArrowRight', -1],
  ['the nearest of the row below', 1, 'ArrowDown', 2],
  ['the row below in the same rack', 4, 'ArrowDown', 5],
  ['far below', 5, 'ArrowDown', 6],
  ['the row above', 6, 'ArrowUp', 2],
  ['nothing above the first row', 4, 'ArrowUp', -1],
  ['the first', 5, 'Home', 0],
  ['the last', 0, 'End', 6],
  ['nothing for another key', 0, 'Tab', -1],
].forEach(([name, at, key, expected]) => {
  test('a key leads to ' + name, () => assert.equal(hostImpact.next(BOXES, at, key), expected));
});

function page() {
  const dom = new JSDOM(`<section id="m"><a href="#z">zone</a>
    <a class="ens-heat-cell" href="#1" title="h1"><span class="sr-only">h1 up</span>1</a>
    <a class="ens-heat-cell" href="#2"><span class="sr-only">h2 &lt;b>down&lt;/b></span>2</a></section>
    <p id="d" data-hint="Point at a host."></p>`);
  const { window } = dom;
  global.document = window.document;
  global.getComputedStyle = window.getComputedStyle;
  hostImpact.start(window.document.getElementById('m'), () => window.document.getElementById('d'));
  const cells = [...window.document.querySelectorAll('.ens-heat-cell')];
  const details = () => window.document.getElementById('d').textContent;
  const press = (cell, key, more) => cell.dispatchEvent(
    new window.KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
  return { window, cells, details, press };
}

test('one cell is in the tab order, and arrows move it', () => {
  const { window, cells, press } = page();
  assert.deepEqual(cells.map((cell) => cell.tabIndex), [0, -1]);
  assert.equal(cells[0].hasAttribute('title'), false);
  cells[0].focus();
  assert.equal(press(cells[0], 'ArrowRight'), false);
  assert.equal(window.document.activeElement, cells[1]);
  assert.deepEqual(cells.map((cell) => cell.tabIndex), [-1, 0]);
  assert.equal(press(cells[1], 'ArrowLeft', { altKey: true }), true, 'the browser keeps its own keys');
  assert.equal(press(cells[1], 'x'), true);
});

test('what has the focus or the pointer is told, as text', () => {
  const { window, cells, details } = page();
  assert.equal(details(), 'Point at a host.');
  cells[1].focus();
  assert.equal(details(), 'h2 <b>down</b>');
  const over = (element) => element.dispatchEvent(new window.Event('pointerover', { bubbles: true }));
  over(cells[0]);
  assert.equal(details(), 'h1 up');
  window.document.getElementById('m').dispatchEvent(new window.Event('pointerleave'));
  assert.equal(details(), 'h2 <b>down</b>', 'the focus is told again');
  cells[1].blur();
  assert.equal(details(), 'Point at a host.');
});
