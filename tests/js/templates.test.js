// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles } = require('./scripts.js');
const { CHOICES } = require('./samples.js');
const { starts, drafts, apiBody, draftFaults } = ensembles;

const DATA = { choices: CHOICES, levels: ['host', 'rack', 'zone'] };
// As starts.py gives it.
const START = {
  id: 'shop', title: 'Web and cache', name: 'shop', tiers: [['web', 3], ['cache', 2]],
  policies: [
    { type: 'anti-affinity', level: 'host', tiers: ['web'] },
    { type: 'survive', level: 'rack', tiers: ['web'], min_available: '50%' },
    { type: 'near', level: 'zone', tiers: ['web'], to: 'cache', enforcement: 'soft' },
  ],
};
const drawn = (draft = drafts.empty(), data = DATA) => starts.draw(START, data, draft);

test('what one starts from is complete, with its tiers and policies', () => {
  assert.deepEqual(draftFaults.problems(drawn()), []);
  const { tiers, policies } = apiBody.body(drawn());
  assert.deepEqual(tiers.map((tier) => [tier.name, tier.count]), START.tiers);
  assert.deepEqual(policies.map((policy) => [policy.type, policy.enforcement, policy.min_available, policy.to]), [
    ['anti-affinity', 'hard', undefined, undefined], ['survive', 'hard', '50%', undefined],
    ['near', 'soft', undefined, 'cache'],
  ]);
});

test('it is made of the smallest flavor that the first image fits on', () => {
  const images = [{ id: 'i-9', name: 'big', min_disk: 10, min_ram: 1024 }];
  const { tiers } = drawn(drafts.empty(), { ...DATA, choices: { ...CHOICES, images } });
  assert.deepEqual(tiers.map((tier) => [tier.flavor, tier.image]), [['f-small', 'i-9'], ['f-small', 'i-9']]);
});

test('what has a name, a description, metadata and a recovery keeps them', () => {
  const draft = drawn({ ...drafts.empty(), name: 'mine', description: 'Mine.', metadata: [['owner', 'ops']],
    recovery: { mode: 'auto' } });
  assert.deepEqual([draft.name, draft.description, draft.metadata, draft.recovery],
    ['mine', 'Mine.', [['owner', 'ops']], { mode: 'auto' }]);
  assert.equal(drawn().name, 'shop');
});

test('a policy at a level that the cloud does not have is left out', () => {
  const { policies } = drawn(drafts.empty(), { ...DATA, levels: ['host'] });
  assert.deepEqual(policies.map((policy) => policy.type), ['anti-affinity']);
});
