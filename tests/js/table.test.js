// SPDX-License-Identifier: Apache-2.0
'use strict';
/* The table of ensembles when its rows go away. */
const test = require('node:test');
const assert = require('node:assert/strict');
const { JSDOM } = require('jsdom');
const refill = require('../../ensemble_dashboard/static/ensembles/js/table/refill.js');

/** A table with the rows of these ids: the table, its body, and how often the page was loaded again. */
function watched(ids) {
  const rows = ids.map((id) => `<tr data-object-id="${id}"><td>${id}</td></tr>`).join('');
  const { window } = new JSDOM(`<table><tbody>${rows}</tbody></table>`);
  globalThis.MutationObserver = window.MutationObserver;
  const told = { times: 0, body: window.document.querySelector('tbody') };
  refill.watch(window.document.querySelector('table'), () => { told.times += 1; });
  return told;
}

const settle = () => new Promise((done) => { setTimeout(done); });

test('the page is loaded again when its last row is gone, and not before', async () => {
  const told = watched(['a', 'b']);
  const [first, last] = told.body.children;
  first.remove();
  await settle();
  assert.equal(told.times, 0);
  last.replaceWith(last.cloneNode(true)); // news of the row
  await settle();
  assert.equal(told.times, 0);
  told.body.replaceChildren(told.body.ownerDocument.createElement('tr'));
  await settle();
  assert.equal(told.times, 1);
  told.body.replaceChildren();
  await settle();
  assert.equal(told.times, 1, 'once');
});

test('a table that has no row to begin with is left alone', async () => {
  const told = watched([]);
  told.body.replaceChildren(told.body.ownerDocument.createElement('tr'));
  await settle();
  assert.equal(told.times, 0);
});
