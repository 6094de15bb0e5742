// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles } = require('./scripts.js');
const { words } = ensembles;

const POLICIES = [
  ['one tier apart', { type: 'anti-affinity', level: 'host', tiers: ['web'], enforcement: 'hard', max_per_domain: 1 },
    'No two members of web may share a host.'],
  ['one tier apart, as a wish', { type: 'anti-affinity', level: 'rack', tiers: ['web'], enforcement: 'soft' },
    'No two members of web should share a rack.'],
  ['at most two in a domain',
    { type: 'anti-affinity', level: 'zone', tiers: ['db'], enforcement: 'hard', max_per_domain: 2 },
    'A zone may hold at most 2 members of db.'],
  ['two tiers apart', { type: 'anti-affinity', level: 'rack', tiers: ['web', 'db'], enforcement: 'hard' },
    'No rack may hold members of two of web and db.'],
  ['tiers together', { type: 'affinity', level: 'zone', tiers: ['web', 'cache', 'db'], enforcement: 'soft' },
    'All members of web, cache and db should be in one zone.'],
  ['a level of the operator', { type: 'affinity', level: 'room', tiers: ['web'], enforcement: 'hard' },
    'All members of web must be in one room.'],
  ['a kind we do not know', { type: 'near', level: 'rack', tiers: ['web', 'db'], enforcement: 'hard' },
    'near: web and db, rack'],
];

for (const [name, policy, sentence] of POLICIES) {
  test('a policy says what it means: ' + name, () => assert.equal(words.policy(policy), sentence));
}

test('what is filled in is not filled again', () => {
  assert.equal(words.fill('%(a)s and %(b)s', { a: '%(b)s', b: 'x' }), '%(b)s and x');
  assert.equal(words.fill('%(missing)s', {}), '%(missing)s');
});

const SURVIVES = [
  ['everything', [['host', true], ['rack', true]], 'Every tier outlives the loss of any one host or rack.'],
  ['nothing', [['host', false], ['zone', false]], 'The loss of one host or zone can end a tier.'],
  ['some', [['host', true], ['rack', true], ['zone', false]],
    'Every tier outlives the loss of any one host or rack, but not of any one zone.'],
  ['unknown', [], 'Not known yet.'],
];

for (const [name, levels, sentence] of SURVIVES) {
  test('what survives is one sentence: ' + name, () => {
    assert.equal(words.survives(levels.map(([level, survives]) => ({ level, survives }))), sentence);
  });
}

test('counts agree with their nouns', () => {
  assert.equal(words.members(1), '1 member');
  assert.equal(words.members(6), '6 members');
  assert.equal(words.domains('rack', 1), '1 rack');
  assert.equal(words.domains('room', 3), '3 × room');
  assert.equal(words.left(0, 3), 'none left');
  assert.equal(words.left(2, 3), '2 of 3 left');
});

test('a flavor is told in the units people use', () => {
  assert.equal(words.size({ vcpus: 2, ram: 4096, disk: 20 }), '2 vCPU, 4 GB, disk 20 GB');
  assert.equal(words.size({ vcpus: 1, ram: 512, disk: 1 }), '1 vCPU, 512 MB, disk 1 GB');
});
