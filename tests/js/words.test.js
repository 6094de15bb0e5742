// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles } = require('./scripts.js');
const { policyWords, reasons, words } = ensembles;

const POLICIES = [
  ['one tier apart', { type: 'anti-affinity', level: 'host', tiers: ['web'], enforcement: 'hard', max_per_domain: 1 },
    'No two members of web may share a host.'],
  ['one tier apart, as a soft policy', { type: 'anti-affinity', level: 'rack', tiers: ['web'], enforcement: 'soft' },
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
  ['a kind we do not know', { type: 'far', level: 'rack', tiers: ['web', 'db'], enforcement: 'hard' },
    'far: web and db, rack'],
  ['even', { type: 'spread', level: 'rack', tiers: ['web'], enforcement: 'hard', max_skew: 1 },
    'The members of web must be spread: no rack holds over 1 more than another.'],
  ['even in at least so many, for two tiers',
    { type: 'spread', level: 'zone', tiers: ['web', 'db'], enforcement: 'soft', max_skew: 2, min_domains: 2 },
    'The members of each of web and db should be spread: ' +
    'no zone holds over 2 more than another and at least 2 zones are used.'],
  ['in at least one', { type: 'spread', level: 'rack', tiers: ['web'], enforcement: 'hard', min_domains: 1 },
    'The members of web must be spread: at least 1 rack is used.'],
  ['near', { type: 'near', level: 'rack', tiers: ['web'], enforcement: 'hard', to: 'cache' },
    'Every rack that holds members of web must hold one of cache too.'],
  ['a survival, from the defaults', { type: 'survive', level: 'rack', tiers: ['web'], enforcement: 'hard' },
    'After the loss of any 1 rack, at least 1 of web must be left.'],
  ['a survival of a share', {
    type: 'survive', level: 'host', tiers: ['web', 'db'], enforcement: 'soft', failures: 2, min_available: '50%',
  }, 'After the loss of any 2 hosts, at least 50% of each of web and db should be left.'],
  ['a survival of nobody', { type: 'survive', level: 'host', tiers: ['web'], enforcement: 'hard', min_available: 0 },
    'After the loss of any 1 host, at least 0 of web must be left.'],
  ['alone', { type: 'exclusive', level: 'host', tiers: ['db'], enforcement: 'hard', other: 'project' },
    'A host with members of db may hold no server of another project.'],
  ['alone, as a soft policy', { type: 'exclusive', level: 'rack', tiers: ['db'], enforcement: 'soft', other: 'ensemble' },
    'A rack with members of db should hold no member of another ensemble.'],
];

for (const [name, policy, sentence] of POLICIES) {
  test('a policy says what it means: ' + name, () => assert.equal(policyWords.sentence(policy), sentence));
}

test('what is filled in is not filled again', () => {
  assert.equal(words.fill('%(a)s and %(b)s', { a: '%(b)s', b: 'x' }), '%(b)s and x');
  assert.equal(words.fill('%(missing)s', {}), '%(missing)s');
});

test('what one failure of each level leaves is a word each', () => {
  const levels = [{ level: 'host', state: 'works' }, { level: 'rack', state: 'degraded' }, { level: 'zone', state: 'down' }];
  assert.equal(words.outcomes(levels), 'After the loss of any one host: works · rack: degraded · zone: down');
  assert.equal(words.outcomes(levels.slice(0, 1), true), 'As planned, after the loss of any one host: works');
  assert.equal(words.outcomes([]), 'Not known yet.');
});

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

test('what the planner looks for is told in words', () => {
  assert.equal(reasons.objective('worst losses by one room, summed over tiers'),
    'members lost with the worst room of each tier, added up');
  assert.equal(reasons.objective("pairs of a tier's members in one room"), 'pairs of a tier that share a room');
  assert.equal(reasons.objective('soft violations'), 'soft violations');
  assert.equal(reasons.objective('a new one'), 'a new one');
});
