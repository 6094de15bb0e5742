// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, threeTier } = require('./scripts.js');
const { CHOICES } = require('./samples.js');
const { savedDrafts, newDraft } = ensembles;

/** As much of a browser's storage as is used. */
function memory(content = {}) {
  return {
    content,
    getItem: (key) => (key in content ? content[key] : null),
    setItem: (key, value) => { content[key] = String(value); },
    removeItem: (key) => { delete content[key]; },
    get length() { return Object.keys(content).length; },
    key: (index) => Object.keys(content)[index],
  };
}

const SHOP = { id: 'p1', name: 'shop' };
const LAB = { id: 'p2', name: 'lab' };

test('a draft that was kept comes back, to its own person and project only', () => {
  const storage = memory();
  const draft = threeTier(CHOICES);
  savedDrafts.open(storage, 'ann.', SHOP).save(draft);
  assert.deepEqual(savedDrafts.open(storage, 'ann.', SHOP).load(), draft);
  assert.equal(savedDrafts.open(storage, 'ann.', LAB).load(), null);
  assert.equal(savedDrafts.open(storage, 'bob.', SHOP).load(), null);
  savedDrafts.open(storage, 'ann.', SHOP).clear();
  assert.equal(savedDrafts.open(storage, 'ann.', SHOP).load(), null);
});

test('the drafts of other projects are told by name until they are thrown away', () => {
  const draft = newDraft.fresh(CHOICES);
  const older = JSON.stringify({ version: 2, draft });
  const storage = memory({ 'ann.p3': older, 'ann.p4': '{', 'bob.p2': older, other: 'x' });
  savedDrafts.open(storage, 'ann.', SHOP).save(draft);
  const kept = savedDrafts.open(storage, 'ann.', LAB);
  assert.deepEqual(kept.others(), [{ id: 'p3', name: 'p3' }, SHOP]);
  kept.drop(SHOP);
  assert.deepEqual(kept.others(), [{ id: 'p3', name: 'p3' }]);
  assert.equal(savedDrafts.open(storage, 'ann.', SHOP).load(), null);
});

test('a draft that an older version of the page has kept is completed, not dropped', () => {
  const draft = newDraft.fresh(CHOICES);
  const older = structuredClone(draft);
  delete older.tiers[0].metadata;
  delete older.policies[0].other;
  delete older.description;
  delete older.metadata;
  const storage = memory({ kp1: JSON.stringify({ version: 1, draft: older }) });
  assert.deepEqual(savedDrafts.open(storage, 'k', SHOP).load(), draft);
});

for (const [name, text] of [
  ['a tier without a key', '{"version": 3, "draft": {"name": "", "next": 1, "tiers": [{}], "policies": []}}'],
  ['nothing', null], ['no JSON', '{'], ['another version', '{"version": 0, "draft": {}}'],
  ['no draft', '{"version": 1, "draft": {"tiers": "x"}}'], ['null', 'null'],
]) {
  test('what is no draft is left aside: ' + name, () => {
    assert.equal(savedDrafts.open(memory(text === null ? {} : { kp1: text }), 'k', SHOP).load(), null);
  });
}

test('a storage that refuses does not stop the drawing', () => {
  const refusing = {
    getItem: () => { throw new Error('denied'); },
    setItem: () => { throw new Error('full'); },
    removeItem: () => { throw new Error('denied'); },
  };
  const kept = savedDrafts.open(refusing, 'k', SHOP);
  kept.save({});
  kept.clear();
  assert.equal(kept.load(), null);
  assert.deepEqual(kept.others(), []);
});

test('a closed tab leaves a copy, which another tab can take once, without user data', () => {
  const browser = memory();
  const draft = { ...newDraft.fresh(CHOICES), name: 'shop' };
  const [tier] = draft.tiers;
  const secret = { ...draft, tiers: [{ ...tier, userData: 'cGFzc3dvcmQ=' }] };
  savedDrafts.open(memory(), 'ann.', SHOP, browser).save(secret);
  assert.ok(!JSON.stringify(browser.content).includes('cGFzc3dvcmQ='));
  const kept = savedDrafts.open(memory(), 'ann.', SHOP, browser);
  assert.equal(kept.load(), null, 'never by itself');
  const [left] = kept.left();
  assert.equal(left.name, 'shop');
  assert.deepEqual(savedDrafts.open(memory(), 'bob.', SHOP, browser).left(), []);
  assert.deepEqual(savedDrafts.open(memory(), 'ann.', LAB, browser).left(), []);
  assert.deepEqual(kept.take(left.id), { ...draft, tiers: [{ ...tier, userDataHidden: true }] });
  assert.deepEqual(kept.left(), []);
});

test('what is built leaves no copy, and an old one goes', () => {
  const [browser, tab] = [memory(), memory()];
  const kept = savedDrafts.open(tab, 'ann.', SHOP, browser);
  kept.save(newDraft.fresh(CHOICES));
  assert.ok(kept.at() > 0);
  assert.deepEqual(kept.left(), [], 'its own is no other');
  kept.clear();
  assert.deepEqual(savedDrafts.open(memory(), 'ann.', SHOP, browser).left(), []);
  const old = JSON.stringify({ version: 3, draft: newDraft.fresh(CHOICES), project: SHOP, at: Date.now() - 31 * 86400000 });
  browser.setItem('ann.p1.7', old);
  assert.deepEqual(kept.left(), []);
  assert.deepEqual(browser.content, {});
});
