// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, threeTier } = require('./scripts.js');
const { CHOICES } = require('./samples.js');
const { store, samples } = ensembles;

/** As much of a browser's storage as is used. */
function memory(content = {}) {
  return {
    content,
    getItem: (key) => (key in content ? content[key] : null),
    setItem: (key, value) => { content[key] = String(value); },
    removeItem: (key) => { delete content[key]; },
  };
}

test('a draft that was kept comes back, under its own key only', () => {
  const storage = memory();
  const draft = threeTier(CHOICES);
  store.open(storage, 'mine').save(draft);
  assert.deepEqual(store.open(storage, 'mine').load(), draft);
  assert.equal(store.open(storage, 'other').load(), null);
  store.open(storage, 'mine').clear();
  assert.equal(store.open(storage, 'mine').load(), null);
});

test('a draft that an older version of the page has kept is completed, not dropped', () => {
  const draft = samples.fresh(CHOICES);
  const older = structuredClone(draft);
  delete older.tiers[0].metadata;
  delete older.policies[0].other;
  delete older.description;
  const storage = memory({ k: JSON.stringify({ version: 1, draft: older }) });
  assert.deepEqual(store.open(storage, 'k').load(), draft);
});

for (const [name, text] of [
  ['a tier without a key', '{"version": 3, "draft": {"name": "", "next": 1, "tiers": [{}], "policies": []}}'],
  ['nothing', null], ['no JSON', '{'], ['another version', '{"version": 0, "draft": {}}'],
  ['no draft', '{"version": 1, "draft": {"tiers": "x"}}'], ['null', 'null'],
]) {
  test('what is no draft is left aside: ' + name, () => {
    assert.equal(store.open(memory(text === null ? {} : { k: text }), 'k').load(), null);
  });
}

test('a storage that refuses does not stop the drawing', () => {
  const refusing = {
    getItem: () => { throw new Error('denied'); },
    setItem: () => { throw new Error('full'); },
    removeItem: () => { throw new Error('denied'); },
  };
  const kept = store.open(refusing, 'k');
  kept.save({});
  kept.clear();
  assert.equal(kept.load(), null);
});
