// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, threeTier } = require('./scripts.js');
const { CHOICES } = require('./samples.js');
const { drafts, apiBody, draftFaults } = ensembles;
const { drawing } = ensembles.document;

const SERVER = { flavor: 'f-tiny', image: 'i-1', networks: 'auto' };
const TIERS = [{ name: 'web', count: 3, server: SERVER }, { name: 'cache', count: 2, server: SERVER }];
const written = (more) => ({ name: 'shop', tiers: TIERS, policies: [], ...more });
const again = (body) => apiBody.body(drawing(body));

test('what is drawn, written and read again says the same', () => {
  const body = { ...apiBody.body(threeTier(CHOICES)), description: 'Sells things.', metadata: { owner: 'ops' },
    recovery: { mode: 'auto', delay: 60, rebalance: 'auto' } };
  body.tiers[0].recovery = { rebuild: true };
  assert.deepEqual(again(body), body);
  assert.deepEqual(draftFaults.problems(drawing(body)), []);
});

for (const [name, policy] of [
  ['apart, several to a rack', { type: 'anti-affinity', level: 'rack', tiers: ['web'], max_per_domain: 2 }],
  ['apart from another tier', { type: 'anti-affinity', level: 'host', tiers: ['web', 'cache'] }],
  ['together', { type: 'affinity', level: 'zone', tiers: ['web', 'cache'] }],
  ['spread by difference alone', { type: 'spread', level: 'zone', tiers: ['web'], max_skew: 2 }],
  ['spread by number alone', { type: 'spread', level: 'zone', tiers: ['web'], min_domains: 2 }],
  ['spread by shares', { type: 'spread', level: 'zone', tiers: ['web'], shares: { az1: 70, az2: 30 } }],
  ['near another tier', { type: 'near', level: 'zone', tiers: ['cache'], to: 'web' }],
  ['near the tier that comes first', { type: 'near', level: 'zone', tiers: ['web'], to: 'cache' }],
  ['surviving with a share', { type: 'survive', level: 'rack', tiers: ['web'], failures: 2, min_available: '50%' }],
  ['surviving with none left', { type: 'survive', level: 'rack', tiers: ['web'], failures: 1, min_available: 0 }],
  ['on hosts with a value', {
    type: 'selector', level: 'host', tiers: ['web'], key: 'disk', values: ['a', 'b'], rule: 'not',
  }],
  ['alone', { type: 'exclusive', level: 'host', tiers: ['cache'], other: 'ensemble' }],
]) {
  test('a policy is the same after it was read: ' + name, () => {
    const body = written({ policies: [{ ...policy, enforcement: 'soft' }] });
    assert.deepEqual(again(body), body);
  });
}

test('what a file leaves out is as the API has it', () => {
  const tiers = [{ name: 'web', count: 3, server: { flavor: 'f-tiny', image: 'i-1' } }];
  const policies = [
    { type: 'survive', level: 'rack', tiers: ['web'] }, { type: 'exclusive', level: 'host', tiers: ['web'] },
  ];
  assert.deepEqual(again({ name: 'shop', tiers, policies }), {
    name: 'shop',
    tiers: [TIERS[0]],
    policies: [
      { type: 'survive', level: 'rack', tiers: ['web'], enforcement: 'hard', failures: 1, min_available: 1 },
      { type: 'exclusive', level: 'host', tiers: ['web'], enforcement: 'hard', other: 'project' },
    ],
  });
});

test('what the drawing has no field for is kept and sent as it came', () => {
  const tiers = [{ name: 'web', count: 3, server: { ...SERVER, hypervisor_hostname: 'h', tags: ['a'] } }];
  const policies = [{ type: 'affinity', level: 'rack', tiers: ['web'], enforcement: 'hard', weight: 7 }];
  const body = written({ tiers, policies });
  assert.deepEqual(again(body), body);
  const draft = drawing(body);
  assert.deepEqual(apiBody.body(drafts.duplicateTier(draft, 't1')).tiers[1].server, tiers[0].server);
});

test('names of fields that every object has are not fields', () => {
  const tiers = [{ name: 'web', count: 3, server: { ...SERVER, ...JSON.parse('{"constructor": "x"}') } }];
  assert.equal(again(written({ tiers })).tiers[0].server.constructor, 'x');
});

test('user data that is hidden must be added or done without before it is built', () => {
  const hidden = drawing(written({ tiers: [{ ...TIERS[0], hidden: ['user_data'] }, TIERS[1]] }));
  const asked = (draft) => draftFaults.questions(draft).map(({ place }) => place);
  assert.deepEqual(asked(hidden), [{ kind: 'tier', key: 't1', field: 'userData' }]);
  assert.deepEqual(draftFaults.problems(hidden), [], 'a plan can be made all the same');
  assert.deepEqual(asked(drafts.duplicateTier(hidden, 't1')).length, 2);
  assert.deepEqual(asked(drafts.changeTier(hidden, 't1', { userData: 'QUJD' })), []);
  assert.deepEqual(asked(drafts.changeTier(hidden, 't1', { userDataHidden: false })), []);
  assert.deepEqual(apiBody.body(hidden), written({}), 'nothing of it is sent');
  assert.deepEqual(apiBody.written(hidden).tiers.map((tier) => tier.hidden), [['user_data'], undefined]);
});

test('what comes before a tier goes by its key: it may be renamed, and goes with its tier', () => {
  const body = written({ tiers: [{ ...TIERS[0], after: ['cache'] }, { ...TIERS[1], gate: { wait_for: 'signal' } }] });
  assert.deepEqual(again(body), body);
  const draft = drawing(body);
  const renamed = apiBody.body(drafts.changeTier(draft, draft.tiers[1].key, { name: 'redis' }));
  assert.deepEqual(renamed.tiers[0].after, ['redis']);
  assert.deepEqual(apiBody.body(drafts.removeTier(draft, draft.tiers[1].key)).tiers, [TIERS[0]]);
});
