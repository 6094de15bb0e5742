// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, document, window } = require('./scripts.js');
const { HOSTILE } = require('./samples.js');

globalThis.DOMParser = window.DOMParser;

const HEAT = '<a href="/h1">h1 up</a> <a href="/h2">h2 up</a><details><summary>more</summary>x</details>';

/** A page with two parts, of which one has a link and something folded. */
function page() {
  const html = `<p data-now="totals">24 hosts</p><div data-now="heat">${HEAT}</div>`;
  const root = document.createElement('div');
  root.append(...new window.DOMParser().parseFromString(html, 'text/html').body.childNodes);
  document.body.replaceChildren(root);
  const part = (name) => root.querySelector(`[data-now=${name}]`);
  return { part, live: ensembles.liveHtml.open(root) };
}

const DOWN = '<a href="/h1">h1 down</a> <a href="/h2">h2 up</a><details><summary>more</summary>y</details>';

test('what is as before is left alone, and what has changed is put in', () => {
  const { part, live } = page();
  const link = part('heat').querySelector('a');
  assert.deepEqual(live.put({ totals: '\n 24  hosts', heat: HEAT }), []);
  assert.equal(part('heat').querySelector('a'), link);
  assert.deepEqual(live.put({ totals: '24 hosts', heat: DOWN }), ['heat']);
  assert.match(part('heat').textContent, /h1 down/);
  const drawn = part('heat').querySelector('a');
  assert.deepEqual(live.put({ heat: DOWN, nowhere: 'x' }), []);
  assert.equal(part('heat').querySelector('a'), drawn);
});

test('the focus stays on what it was on, and what was unfolded stays so', () => {
  const { part, live } = page();
  part('heat').querySelector('details').open = true;
  part('heat').querySelectorAll('a')[1].focus();
  live.put({ heat: DOWN });
  assert.equal(document.activeElement.getAttribute('href'), '/h2');
  assert.equal(part('heat').querySelector('details').open, true);
});

test('what comes is taken as its server wrote it, and runs nothing', () => {
  const { part, live } = page();
  live.put({ totals: '<script>globalThis.ran = true</script>' + HOSTILE[0].replace(/</g, '&lt;') });
  assert.equal(globalThis.ran, undefined);
  assert.equal(part('totals').querySelector('img'), null);
});
