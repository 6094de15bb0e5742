// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { document, window, ensembles } = require('./scripts.js');

const asked = () => [...document.head.querySelectorAll('script')].map((script) => script.getAttribute('src'));

test('what is loaded later is asked for once, in order, and again only when it failed', async () => {
  const template = document.createElement('template');
  template.id = 'ens-lazy-x';
  for (const src of ['/a.js', '/b.js']) {
    const script = document.createElement('script');
    script.setAttribute('src', src);
    template.content.append(script);
  }
  document.body.append(template);
  assert.deepEqual(asked(), []);
  const first = ensembles.lazyScripts.load('x');
  assert.equal(ensembles.lazyScripts.load('x'), first);
  assert.deepEqual(asked(), ['/a.js', '/b.js']);
  assert.ok([...document.head.querySelectorAll('script')].every((script) => !script.async));
  document.head.querySelectorAll('script')[1].dispatchEvent(new window.Event('error'));
  await assert.rejects(first);
  const second = ensembles.lazyScripts.load('x');
  document.head.querySelectorAll('script').forEach((script) => script.dispatchEvent(new window.Event('load')));
  assert.equal(await second, ensembles);
  assert.deepEqual(asked(), ['/a.js', '/b.js', '/a.js', '/b.js']);
});
