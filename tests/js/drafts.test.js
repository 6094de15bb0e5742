// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, threeTier } = require('./scripts.js');
const { CHOICES } = require('./samples.js');
const { addPolicy, changePolicy } = ensembles.draftPolicies;
const { limits, drafts, apiBody, draftFaults, fieldPlaces, newDraft } = ensembles;

const fresh = () => newDraft.fresh(CHOICES);
const shop = () => threeTier(CHOICES);

test('a fresh page has one tier of two, each on a host of its own, and is complete', () => {
  assert.deepEqual(apiBody.body(fresh(), 'preview'), {
    name: 'preview',
    tiers: [{ name: 'web', count: 2, server: { flavor: 'f-tiny', image: 'i-1', networks: 'auto' } }],
    policies: [{ type: 'anti-affinity', level: 'host', tiers: ['web'], enforcement: 'hard', max_per_domain: 1 }],
  });
  assert.deepEqual(draftFaults.problems(fresh()), []);
});

test('the example has three tiers with their policies', () => {
  const body = apiBody.body(shop());
  assert.equal(body.name, 'shop');
  assert.deepEqual(body.tiers.map((tier) => [tier.name, tier.count]), [['web', 3], ['cache', 2], ['db', 3]]);
  assert.deepEqual(body.policies.map((policy) => [policy.type, policy.level, policy.tiers, policy.enforcement]), [
    ['anti-affinity', 'host', ['web'], 'hard'], ['anti-affinity', 'host', ['cache'], 'hard'],
    ['anti-affinity', 'rack', ['db'], 'hard'], ['affinity', 'zone', ['web', 'cache'], 'soft'],
  ]);
  assert.deepEqual(draftFaults.problems(shop()), []);
});

test('the first flavor offered is one that the image fits on', () => {
  const image = { id: 'i-2', name: 'big', min_disk: 10, min_ram: 1024 };
  assert.equal(newDraft.firstChoices({ ...CHOICES, images: [image] }).flavor, 'f-small');
});

test('what few hosts have is not offered first, unless there is nothing else', () => {
  const [tiny, small] = CHOICES.flavors;
  const scarce = { ...tiny, id: 'f-gpu', scarce: true };
  const first = (...flavors) => newDraft.firstChoices({ ...CHOICES, flavors }).flavor;
  assert.equal(first(scarce, tiny, small), 'f-tiny');
  assert.equal(first(scarce), 'f-gpu');
  const images = [{ id: 'i-2', name: 'big', min_disk: 10, min_ram: 1024 }];
  const large = { ...small, id: 'f-large-gpu', scarce: true };
  assert.equal(newDraft.firstChoices({ ...CHOICES, images, flavors: [scarce, tiny, large] }).flavor, 'f-large-gpu');
});

test('several networks need a choice, so the first is chosen', () => {
  const networks = [...CHOICES.networks, { id: 'n-2', name: 'other' }];
  assert.deepEqual(newDraft.firstChoices({ ...CHOICES, networks }).networks, ['n-1']);
});

test('a change leaves the old draft as it was', () => {
  const before = shop();
  const copy = structuredClone(before);
  const key = before.tiers[0].key;
  drafts.removeTier(drafts.duplicateTier(drafts.changeTier(before, key, { name: 'front' }), key), key);
  assert.deepEqual(before, copy);
});

test('a renamed tier keeps its policies', () => {
  const draft = fresh();
  const renamed = drafts.changeTier(draft, draft.tiers[0].key, { name: 'front' });
  assert.deepEqual(apiBody.body(renamed).policies[0].tiers, ['front']);
});

test('a removed tier leaves its policies, and a policy between two tiers goes with one of them', () => {
  const draft = shop();
  const left = apiBody.body(drafts.removeTier(draft, draft.tiers[1].key));
  assert.deepEqual(left.tiers.map((tier) => tier.name), ['web', 'db']);
  assert.deepEqual(left.policies.map((policy) => policy.tiers), [['web'], ['db']]);
});

test('a duplicated tier comes after the original with a name and policies of its own', () => {
  const draft = shop();
  const twice = apiBody.body(drafts.duplicateTier(draft, draft.tiers[0].key));
  assert.deepEqual(twice.tiers.map((tier) => tier.name), ['web', 'web-2', 'cache', 'db']);
  assert.deepEqual(twice.policies[4].tiers, ['web-2']);
  const again = drafts.duplicateTier(drafts.duplicateTier(draft, 't1'), 't1');
  assert.deepEqual(again.tiers.map((tier) => tier.name), ['web', 'web-3', 'web-2', 'cache', 'db']);
});

test('what is chosen in the folded part is sent', () => {
  const draft = drafts.changeTier(fresh(), 't1', { keyName: 'mine', securityGroups: ['default'], networks: ['n-1'] });
  assert.deepEqual(apiBody.body(draft).tiers[0].server, {
    flavor: 'f-tiny', image: 'i-1', networks: ['n-1'], key_name: 'mine', security_groups: ['default'],
  });
});

test('a policy between tiers and one of together have no number per domain', () => {
  const rules = apiBody.body(shop()).policies;
  assert.equal(rules[0].max_per_domain, 1);
  assert.ok(!('max_per_domain' in rules[3]));
});

const PROBLEMS = [
  ['no tier', (draft) => drafts.removeTier(draft, 't1'), 'ens-tiers'],
  ['metadata without a key', (draft) => ({ ...draft, metadata: [['', 'x']] }), 'ens-metadata'],
  ['a capital in a tier name', (draft) => drafts.changeTier(draft, 't1', { name: 'Web' }), 't1-name'],
  ['an empty tier name', (draft) => drafts.changeTier(draft, 't1', { name: '' }), 't1-name'],
  ['a count of nothing', (draft) => drafts.changeTier(draft, 't1', { count: 0 }), 't1-count'],
  ['a count that is no number', (draft) => drafts.changeTier(draft, 't1', { count: null }), 't1-count'],
  ['a count above the limit', (draft) => drafts.changeTier(draft, 't1', { count: 201 }), 't1-count'],
  ['no flavor', (draft) => drafts.changeTier(draft, 't1', { flavor: '' }), 't1-flavor'],
  ['no image', (draft) => drafts.changeTier(draft, 't1', { image: '' }), 't1-image'],
  ['chosen networks, and none chosen', (draft) => drafts.changeTier(draft, 't1', { networks: [] }), 't1-networks'],
  ['two tiers of one name', (draft) => drafts.addTier(draft, { ...draft.tiers[0] }), 't3-name'],
  ['a policy between one tier', (draft) => addPolicy(draft, { between: true, tiers: ['t1'] }), 'p3-tiers'],
  ['at most none in a domain', (draft) => changePolicy(draft, 'p2', { most: 0 }), 'p2-most'],
  ['a spread that asks for nothing', (draft) => changePolicy(draft, 'p2', { type: 'spread', skew: null }), 'p2-skew'],
  ['a spread over no domain', (draft) => changePolicy(draft, 'p2', { type: 'spread', domains: 0 }), 'p2-domains'],
  ['near to nothing', (draft) => changePolicy(draft, 'p2', { type: 'near' }), 'p2-to'],
  ['a survival of no failure', (draft) => changePolicy(draft, 'p2', { type: 'survive', failures: null }),
    'p2-failures'],
  ['a survival of too large a share', (draft) => changePolicy(draft, 'p2', { type: 'survive', available: '101%' }),
    'p2-available'],
  ['a survival of no number', (draft) => changePolicy(draft, 'p2', { type: 'survive', available: 'some' }),
    'p2-available'],
];

for (const [name, change, id] of PROBLEMS) {
  test('a problem is told at its field: ' + name, () => {
    const found = draftFaults.problems(change(fresh()));
    assert.deepEqual(found.map(({ place }) => ensembles.fieldErrors.idOf(place)), [id]);
    assert.ok(found[0].message);
  });
}

test('more members than allowed in all are told', () => {
  let draft = drafts.changeTier(fresh(), 't1', { count: 200 });
  for (const name of ['b', 'c']) { draft = drafts.addTier(draft, { ...draft.tiers[0], name }); }
  assert.equal(drafts.size(draft), 600);
  assert.deepEqual(draftFaults.problems(draft).map(({ place }) => place.field), ['tiers']);
});

const PLACES = [
  ['ensemble.name', 'ens-name'],
  ['ensemble.tiers[0].count', 't1-count'],
  ['ensemble.tiers[0].server.flavor', 't1-flavor'],
  ['ensemble.tiers[0].server.key_name', 't1-keyName'],
  ['ensemble.tiers[0].server.security_groups[0]', 't1-securityGroups'],
  ['ensemble.tiers[0]', 't1-name'],
  ['tiers[0].server.networks[1]', 't1-networks'],
  ['ensemble.policies[0].max_per_domain', 'p2-most'],
  ['ensemble.policies[0]', 'p2-type'],
  ['ensemble.policies[0].max_skew', 'p2-skew'],
  ['ensemble.policies[0].min_domains', 'p2-domains'],
  ['ensemble.policies[0].min_available', 'p2-available'],
  ['ensemble.policies[0].failures', 'p2-failures'],
  ['ensemble.policies[0].to', 'p2-to'],
  ['ensemble.policies[0].other', 'p2-other'],
  ['ensemble.tiers', 'ens-tiers'],
  ['', 'ens-name'],
];

for (const [field, id] of PLACES) {
  test('the API\'s field is found in the drawing: ' + (field || 'none'), () => {
    assert.equal(ensembles.fieldErrors.idOf(fieldPlaces.placeOf(fresh(), field)), id);
  });
}

const RULES = [
  ['spread', { type: 'spread' }, { max_skew: 1 }],
  ['spread over at least so many', { type: 'spread', skew: null, domains: 3 }, { min_domains: 3 }],
  ['near, to the first other tier', { type: 'near' }, { to: 'cache' }],
  ['near, to the tier chosen', { type: 'near', to: 't3' }, { to: 'db' }],
  ['near, but not to itself', { type: 'near', to: 't1' }, { to: 'cache' }],
  ['survive', { type: 'survive' }, { failures: 1, min_available: 1 }],
  ['survive in part', { type: 'survive', failures: 2, available: '50%' }, { failures: 2, min_available: '50%' }],
  ['exclusive', { type: 'exclusive', other: 'ensemble' }, { other: 'ensemble' }],
  ['affinity', { type: 'affinity' }, {}],
];

for (const [name, values, own] of RULES) {
  test('a policy is sent with what its kind knows, and no more: ' + name, () => {
    const draft = addPolicy(shop(), { tiers: ['t1'], ...values });
    const { policies } = apiBody.body(draft);
    assert.deepEqual(policies[policies.length - 1],
      { type: values.type, level: 'host', tiers: ['web'], enforcement: 'hard', ...own });
    assert.deepEqual(draftFaults.problems(draft), []);
  });
}

test('a policy near a tier goes with that tier', () => {
  const draft = addPolicy(shop(), { type: 'near', between: true, tiers: ['t1'], to: 't2' });
  assert.deepEqual(draftFaults.problems(draft), []);
  const kinds = apiBody.body(drafts.removeTier(draft, 't2')).policies.map((policy) => policy.type);
  assert.deepEqual(kinds, ['anti-affinity', 'anti-affinity']);
  assert.equal(apiBody.body(drafts.removeTier(draft, 't3')).policies.length, 4);
});

const edit = (field, value) => ({ field: 'ensemble.' + field, value });
const EDITS = [
  ['soft', [edit('policies[2].enforcement', 'soft')], (body) => body.policies[2].enforcement, 'soft'],
  ['more in a domain', [edit('policies[0].max_per_domain', 2)], (body) => body.policies[0].max_per_domain, 2],
  ['fewer members of two tiers', [edit('tiers[0].count', 1), edit('tiers[2].count', 2)],
    (body) => body.tiers.map((tier) => tier.count), [1, 2, 2]],
  ['a smaller share', [edit('policies[4].min_available', '40%')], (body) => body.policies[4].min_available, '40%'],
  ['fewer to be left', [edit('policies[4].min_available', 1)], (body) => body.policies[4].min_available, 1],
  ['fewer failures', [edit('policies[4].failures', 1)], (body) => body.policies[4].failures, 1],
  ['fewer domains', [edit('policies[5].min_domains', 2)], (body) => body.policies[5].min_domains, 2],
  ['another level', [edit('policies[4].level', 'rack')], (body) => body.policies[4].level, 'rack'],
  ['more unevenness', [edit('policies[5].max_skew', 3)], (body) => body.policies[5].max_skew, 3],
];
const demanding = () => [{ type: 'survive', failures: 3, available: '90%' }, { type: 'spread', domains: 9 }]
  .reduce((draft, values) => addPolicy(draft, { tiers: ['t1'], ...values }), shop());

for (const [name, edits, read, expected] of EDITS) {
  test('a change that the API offers is taken: ' + name, () => {
    const draft = demanding();
    const steps = fieldPlaces.stepsOf(draft, edits);
    const after = fieldPlaces.take(draft, steps);
    assert.deepEqual(read(apiBody.body(after)), expected);
    assert.notDeepEqual(read(apiBody.body(draft)), expected);
  });
}

for (const field of ['tiers[7].count', 'policies[0].colour', 'tiers[0]', 'name', 'policies[0].__proto__', '']) {
  test('a change of what the drawing does not have is not offered: ' + field, () => {
    assert.equal(fieldPlaces.stepsOf(shop(), [edit('tiers[0].count', 1), edit(field, 1)]), null);
  });
}

test('a change may take the availability zone out', () => {
  const draft = drafts.changeTier(shop(), 't1', { zone: 'az1' });
  const steps = fieldPlaces.stepsOf(draft, [edit('tiers[0].server.availability_zone', null)]);
  const zone = (one) => apiBody.body(one).tiers[0].server.availability_zone;
  assert.deepEqual([zone(draft), zone(fieldPlaces.take(draft, steps))], ['az1', undefined]);
});

test('a change may be of the flavor', () => {
  const steps = fieldPlaces.stepsOf(shop(), [edit('tiers[0].server.flavor', '42')]);
  assert.equal(apiBody.body(fieldPlaces.take(shop(), steps)).tiers[0].server.flavor, '42');
});

test('a change of nothing is not offered', () => assert.equal(fieldPlaces.stepsOf(shop(), []), null));

test('how many members there may be is what the cloud told the page', () => {
  const draft = drafts.addTier(drafts.changeTier(fresh(), 't1', { count: 200 }), { ...fresh().tiers[0], name: 'b' });
  const of = (count) => draftFaults.problems(drafts.changeTier(draft, draft.tiers[1].key, { count }))
    .map(({ message }) => message);
  assert.deepEqual(of(100), []);
  assert.deepEqual(of(101), ['At most 300 members in all.']);
});

test('a drawing that is longer than the cloud takes is told before it is sent', () => {
  const data = (length) => 'A'.repeat(length);
  let draft = drafts.changeTier(fresh(), 't1', { userData: data(65532) });
  draft = drafts.addTier(draft, { ...draft.tiers[0], name: 'b', userData: data(40000) });
  assert.deepEqual(draftFaults.problems(draft), []);
  const [problem] = draftFaults.problems(drafts.changeTier(draft, draft.tiers[1].key, { userData: data(60000) }));
  assert.match(problem.message, /bytes long, and this cloud takes 114,688 at most/);
});

test('the length of a request is that of the JSON which the dashboard sends', () => {
  // As Python's json.dumps says, which the client uses.
  assert.equal(limits.bytes({}), 2);
  assert.equal(limits.bytes({ a: [1, true, null], b: 'é🐙"' }), 51);
});
