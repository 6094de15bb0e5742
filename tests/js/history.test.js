// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, threeTier } = require('./scripts.js');
const { CHOICES, HOSTILE } = require('./samples.js');
const { history, stepLabels, drafts, draftPolicies } = ensembles;

const draft = (name, next = 1) => ({ ...drafts.empty(), name, next });
const names = (entries) => entries.map((entry) => (entry.before || entry.after).name);
const through = (...given) => given.reduce((whole, name) => history.record(whole, draft(name)), history.begin(draft('a')));
const typed = (whole, field, ...given) =>
  given.reduce((so, name) => history.record(so, draft(name), { field }), whole);

test('steps are taken back and taken again, one after the other', () => {
  let whole = through('b', 'c');
  whole = history.undo(whole);
  assert.equal(whole.now.name, 'b');
  whole = history.undo(whole);
  assert.equal(whole.now.name, 'a');
  assert.deepEqual(names(whole.future), ['c', 'b']);
  whole = history.redo(history.redo(whole));
  assert.equal(whole.now.name, 'c');
  assert.deepEqual([names(whole.past), whole.future], [['a', 'b'], []]);
});

test('at either end nothing happens', () => {
  const start = history.begin(draft('a'));
  assert.equal(history.undo(start), start);
  assert.equal(history.redo(start), start);
});

test('a new step after an undo leaves no way to redo', () => {
  const whole = history.record(history.undo(through('b', 'c')), draft('d'));
  assert.deepEqual([names(whole.past), whole.future], [['a', 'b'], []]);
});

test('what is typed in a field is one step, until the field is left', () => {
  let whole = typed(history.begin(draft('a')), 'name', 'ab', 'abc');
  assert.deepEqual(names(whole.past), ['a']);
  whole = typed(history.endStep(whole), 'name', 'abcd');
  assert.deepEqual(names(whole.past), ['a', 'abc']);
  assert.equal(history.undo(history.undo(whole)).now.name, 'a');
});

test('typing in another field is another step', () => {
  assert.deepEqual(names(typed(typed(history.begin(draft('a')), 'name', 'b'), 'other', 'c').past), ['a', 'b']);
});

test('a click between is a step of its own', () => {
  const whole = typed(history.record(typed(history.begin(draft('a')), 'name', 'b'), draft('c')), 'name', 'd');
  assert.deepEqual(names(whole.past), ['a', 'b', 'c']);
});

test('what is typed and taken out again is no step', () => {
  const whole = typed(history.begin(draft('a')), 'name', 'ab', 'a');
  assert.deepEqual([whole.past, whole.now.name], [[], 'a']);
  assert.deepEqual(names(typed(whole, 'name', 'x').past), ['a']);
});

test('after an undo, typing in the same field starts a new step', () => {
  const whole = typed(history.undo(typed(history.begin(draft('a')), 'name', 'b')), 'name', 'c');
  assert.deepEqual(names(whole.past), ['a']);
  assert.equal(history.undo(whole).now.name, 'a');
});

test('what changes nothing is no step', () => {
  const whole = history.record(through('b'), draft('b', 9));
  assert.deepEqual([names(whole.past), whole.now.next], [['a'], 9]);
});

test('a step keeps its own words both ways', () => {
  const whole = history.record(history.begin(draft('a')), draft('b'), { label: 'import YAML' });
  assert.equal(history.undo(whole).future[0].label, 'import YAML');
  assert.equal(history.redo(history.undo(whole)).past[0].label, 'import YAML');
});

test('only so many steps are kept, the latest', () => {
  const whole = through(...Array.from({ length: history.DEPTH + 5 }, (_, index) => 'n' + index));
  assert.equal(whole.past.length, history.DEPTH);
  assert.equal(whole.past[0].before.name, 'n4');
});

const shop = threeTier(CHOICES);
const [web] = shop.tiers;
for (const [said, change] of [
  ['add tier tier-4', (it) => drafts.addTier(it, {})],
  ['add tier web-2', (it) => drafts.duplicateTier(it, web.key)],
  ['remove tier web', (it) => drafts.removeTier(it, web.key)],
  ['rename tier web to front', (it) => drafts.changeTier(it, web.key, { name: 'front' })],
  ['change web from 3 to 4 members', (it) => drafts.changeTier(it, web.key, { count: 4 })],
  ['change web from 3 to ? members', (it) => drafts.changeTier(it, web.key, { count: null })],
  ['change the flavor of web', (it) => drafts.changeTier(it, web.key, { flavor: 'f-small' })],
  ['change the servers of web', (it) => drafts.changeTier(it, web.key, { userData: 'x' })],
  ['change the servers of web', (it) => drafts.changeTier(it, web.key, { flavor: 'f', image: 'i' })],
  ['add “Survive failures” to web', (it) => draftPolicies.addPolicy(it, { type: 'survive', tiers: [web.key] })],
  ['remove “Keep apart” from web', (it) => draftPolicies.removePolicy(it, it.policies[0].key)],
  ['change “Keep apart” of web', (it) => draftPolicies.changePolicy(it, it.policies[0].key, { level: 'rack' })],
  ['change the name', (it) => ({ ...it, name: 'x' })],
  ['change the description', (it) => ({ ...it, description: 'x' })],
  ['change the metadata', (it) => ({ ...it, metadata: [['a', 'b']] })],
  ['several changes', (it) => ({ ...it, name: 'x', description: 'x' })],
  ['several changes', (it) => drafts.addTier(drafts.addTier(it, {}), {})],
]) {
  test('a step is said in words: ' + said, () => assert.equal(stepLabels.describe(shop, change(shop)), said));
}

test('no name is read as a part of the sentence', () => {
  for (const name of HOSTILE) {
    assert.equal(stepLabels.describe(shop, drafts.changeTier(shop, web.key, { name })), 'rename tier web to ' + name);
  }
});
