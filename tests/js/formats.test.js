// SPDX-License-Identifier: Apache-2.0
'use strict';
/* Numbers and times follow the language and the time zone that the page has from the person's settings. */
const { test, afterEach } = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, document } = require('./scripts');

const { formats, words, dom } = ensembles;
const MOMENT = '2026-11-27T12:43:00Z';

/** A page with these settings. */
function page(settings) {
  document.body.replaceChildren(dom.el('div', { class: 'ens', ...settings }));
}

afterEach(() => document.body.replaceChildren());

test('a German in Tokyo reads German numbers and the time of Tokyo', () => {
  page({ 'data-language': 'de', 'data-time-zone': 'Asia/Tokyo' });
  assert.equal(formats.number(1000), '1.000');
  assert.equal(formats.clock(MOMENT), '21:43:00');
  assert.equal(formats.exact(MOMENT), '27.11.2026, 21:43:00');
  assert.equal(formats.ago(125000), 'vor 2 Minuten');
});

test('a number in any sentence is written so too, and a text stays as it is', () => {
  page({ 'data-language': 'de', 'data-time-zone': 'UTC' });
  assert.equal(words.fill('%(count)s of %(name)s', { count: 12000, name: '12000' }), '12.000 of 12000');
});

for (const [what, settings] of [
  ['nothing', {}], ['nonsense', { 'data-language': '!', 'data-time-zone': 'Nowhere/City' }],
]) {
  test('a page that says ' + what + ' has the times of the browser', () => {
    page(settings);
    assert.equal(formats.clock(MOMENT), new Date(MOMENT).toLocaleTimeString());
  });
}
