// SPDX-License-Identifier: Apache-2.0
'use strict';
/* The drawing of an ensemble that runs: what is sent of it, who goes, what comes of it, and edits that are carried over. */
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, document } = require('./scripts.js');
const { CHOICES, PLAN } = require('./samples.js');

const { runningEnsemble, carryOver, changePicture, changeView, whoGoes, drafts, draftPolicies, tierLegend } = ensembles;

globalThis.location = { search: '', pathname: '/change/' };

const SERVER = { flavor: 'f-tiny', image: 'i-1', networks: 'none' };
const APART = { type: 'anti-affinity', level: 'host', tiers: ['web'], enforcement: 'soft' };
const DESCRIBED = {
  name: 'shop', description: '',
  tiers: [{ name: 'web', count: 3, server: SERVER }, { name: 'db', count: 1, server: SERVER }],
  policies: [APART],
};
const NOW = {
  members: PLAN.assignments.map(({ member, tier, domains }) =>
    ({ name: member, tier, domains, status: 'ACTIVE', running: true })),
  domains: PLAN.domains, levels: PLAN.survivability, minima: PLAN.minima,
};

function opened(more) {
  return runningEnsemble.open({
    choices: CHOICES, levels: ['host', 'rack', 'zone'], indexUrl: '/there/',
    running: { generation: 4, described: DESCRIBED, now: NOW, url: '/it/', ...more },
  });
}

const FITS = { kind: 'fits' };

test('what is not edited is sent by its name alone, with the generation that was looked at', () => {
  const subject = opened();
  const draft = drafts.changeTier(subject.fresh(), 't1', { count: 4 });
  assert.deepEqual(subject.request(draft), {
    ensemble: {
      generation: 4, name: 'shop', description: '', metadata: {}, recovery: {},
      tiers: [{ name: 'web', count: 4 }, { name: 'db', count: 1 }],
      policies: [APART],
    },
    remove: [], release: [], replace: [],
  });
});

test('a tier that is not to be built anew any more says so, since what it does not say stays', () => {
  const tiers = [{ ...DESCRIBED.tiers[0], recovery: { rebuild: true } }, DESCRIBED.tiers[1]];
  const subject = opened({ described: { ...DESCRIBED, tiers, recovery: { mode: 'auto' } } });
  const asked = (draft) => subject.request(draft).ensemble;
  assert.deepEqual(asked(subject.fresh()).tiers, [
    { name: 'web', count: 3, recovery: { rebuild: true } }, { name: 'db', count: 1 },
  ]);
  assert.deepEqual(asked(subject.fresh()).recovery, { mode: 'auto' });
  const without = drafts.changeTier(subject.fresh(), 't1', { rebuild: false });
  assert.deepEqual(asked(without).tiers[0], { name: 'web', count: 3, recovery: { rebuild: false } });
  assert.ok(subject.edited(without));
  assert.ok(subject.edited({ ...subject.fresh(), recovery: {} }));
});

test('that a tier waits for no other any more is said, and what somebody else has changed of the order is kept', () => {
  const tiers = [{ ...DESCRIBED.tiers[0], after: ['db'] }, DESCRIBED.tiers[1]];
  const subject = opened({ described: { ...DESCRIBED, tiers } });
  const asked = (draft) => subject.request(draft).ensemble.tiers[0];
  assert.deepEqual(asked(subject.fresh()), { name: 'web', count: 3, after: ['db'] });
  assert.deepEqual(asked(drafts.changeTier(subject.fresh(), 't1', { after: [] })), { name: 'web', count: 3, after: [] });
  const now = { ...DESCRIBED, tiers };
  const more = { ...DESCRIBED, tiers: [{ ...DESCRIBED.tiers[0], count: 4 }, DESCRIBED.tiers[1]] };
  assert.deepEqual(ensembles.carryOver.carry(DESCRIBED, more, now).tiers[0].after, ['db']);
  const less = { ...now, tiers: [tiers[0]] };
  assert.deepEqual(ensembles.carryOver.carry(now, less, now).tiers[0].after, []);
});

test('to mend what does not hold is an edit by itself', () => {
  const subject = opened();
  const mending = { ...subject.fresh(), mend: true };
  assert.equal(subject.request(mending).mend, true);
  assert.equal(subject.barred(FITS, mending), '');
});

test('a page that is opened to mend has that step made, and forgets it when it is loaded anew', () => {
  const before = globalThis.location;
  globalThis.location = { search: '?mend=1', pathname: '/change/' };
  globalThis.history = { replaceState: (_state, _title, to) => { globalThis.location = { search: '', pathname: to }; } };
  const steps = opened().begin({ load: () => null, clear: () => {} });
  assert.equal(steps.now.mend, true);
  assert.equal(globalThis.location.search, '');
  globalThis.location = before;
});

test('a tier that comes, and one with other servers, are sent whole', () => {
  const subject = opened();
  let draft = drafts.changeTier(subject.fresh(), 't1', { flavor: 'f-small' });
  draft = drafts.addTier(draft, { ...draft.tiers[1], name: 'cache', count: 2 });
  const [web, db, cache] = subject.request(draft).ensemble.tiers;
  assert.equal(web.server.flavor, 'f-small');
  assert.deepEqual(db, { name: 'db', count: 1 });
  assert.deepEqual(cache, { name: 'cache', count: 2, server: SERVER });
});

test('a description and metadata that were emptied are sent empty', () => {
  const subject = opened({ described: { ...DESCRIBED, description: 'Sells things.', metadata: { owner: 'ops' } } });
  const { description, metadata } = subject.request({ ...subject.fresh(), description: '', metadata: [] }).ensemble;
  assert.deepEqual([description, metadata], ['', {}]);
  assert.deepEqual(subject.request(subject.fresh()).ensemble.metadata, { owner: 'ops' });
  assert.equal(subject.barred(FITS, { ...subject.fresh(), metadata: [['owner', 'web']] }), '');
});

test('nothing can be submitted until something is edited and it is known what comes of it', () => {
  const subject = opened();
  const edited = drafts.changeTier(subject.fresh(), 't1', { count: 4 });
  assert.equal(subject.barred(FITS, subject.fresh()), 'Nothing is changed yet.');
  assert.equal(subject.barred(FITS, edited), '');
  assert.equal(subject.barred({ kind: 'asking' }, edited), 'What would come of it is not known yet.');
  assert.equal(subject.barred({ kind: 'refused' }, edited), 'This does not fit.');
});

test('who was chosen to go goes only while somebody has to', () => {
  const subject = opened();
  const chosen = { ...subject.fresh(), remove: ['web-2', 'web-0', 'db-0'] };
  const fewer = (count) => subject.request(drafts.changeTier(chosen, 't1', { count })).remove;
  assert.deepEqual([fewer(3), fewer(2), fewer(1), fewer(4)], [[], ['web-2'], ['web-2', 'web-0'], []]);
});

/** The drawing as the link of a member's row opens it. */
function linked(query, more) {
  globalThis.location = { search: query, pathname: '/change/' };
  globalThis.history = { replaceState() {} };
  try {
    const subject = opened(more);
    return [subject, subject.begin({ load: () => null }).now];
  } finally {
    globalThis.location = { search: '', pathname: '/change/' };
  }
}

test('the last member of a tier is taken out with its tier, and the last one of all is not', () => {
  const [subject, draft] = linked('?release=db-0');
  const sent = subject.request(draft);
  assert.deepEqual([sent.ensemble.tiers.map(({ name }) => name), sent.release, sent.remove], [['web'], ['db-0'], []]);
  assert.equal(subject.barred(FITS, draft), '');
  const [, fewer] = linked('?release=web-1');
  assert.equal(fewer.tiers[0].count, 2);
  const alone = { ...NOW, members: NOW.members.filter(({ tier }) => tier === 'db') };
  const described = { ...DESCRIBED, tiers: [DESCRIBED.tiers[1]], policies: [] };
  const [single, whole] = linked('?release=db-0', { described, now: alone });
  assert.equal(single.barred(FITS, whole), 'Nothing is changed yet.');
});

test('the quota is asked for what comes alone', () => {
  const subject = opened();
  const draft = drafts.changeTier(subject.fresh(), 't1', { count: 5 });
  assert.deepEqual(subject.costs(draft).map(({ name, count }) => [name, count]), [['web', 2], ['db', 0]]);
});

test('hidden user data is asked for only where new servers are made otherwise', () => {
  const tiers = [{ ...DESCRIBED.tiers[0], hidden: ['user_data'] }, DESCRIBED.tiers[1]];
  const subject = opened({ described: { ...DESCRIBED, tiers } });
  assert.deepEqual(subject.questions(drafts.changeTier(subject.fresh(), 't1', { count: 5 })), []);
  assert.equal(subject.questions(drafts.changeTier(subject.fresh(), 't1', { flavor: 'f-small' })).length, 1);
});

for (const [name, change, said] of [
  ['all at once', { added: ['a', 'b'], removed: ['c'], moved: [{ member: 'd' }] },
    'This can be done: 2 new members, 1 removed and 1 moved.'],
  ['no server', { added: [], removed: [] }, 'This can be done, and no server is touched.'],
]) {
  test('the verdict counts who is concerned: ' + name, () => assert.equal(runningEnsemble.headline(change, true), said));
}

test('an ensemble that somebody else has changed or deleted is told with a way on', () => {
  const explained = (status) => opened().explain({ status, message: 'Said.', details: {} }).told;
  assert.match(explained(412).more, /kept where it still makes sense/);
  assert.equal(explained(404).href, '/there/');
  assert.equal(explained(409), undefined);
});

test('servers are deleted only after a question that names them', async () => {
  const subject = opened();
  assert.equal(await subject.agree({ change: { added: ['web-3'], removed: [] } }), true);
});

test('a kept draft goes on where it was, and on what the ensemble is now', () => {
  const draft = drafts.changeTier(opened().fresh(), 't1', { count: 5 });
  const kept = { load: () => draft, clear() {} };
  assert.equal(opened().begin(kept).now.tiers[0].count, 5);
  const renamed = { generation: 5, described: { ...DESCRIBED, name: 'store' } };
  const { now } = opened(renamed).begin(kept);
  assert.deepEqual([now.name, now.tiers[0].count, now.base.generation], ['store', 5, 5]);
});

test('a kept draft in which nothing is edited is forgotten', () => {
  let cleared = 0;
  const kept = { load: () => opened().fresh(), clear: () => { cleared += 1; } };
  opened().begin(kept);
  assert.equal(cleared, 1);
});

const BASE = {
  name: 'shop', description: '',
  tiers: [{ name: 'web', count: 2, server: SERVER }, { name: 'db', count: 1, server: SERVER }],
  policies: [APART],
};

for (const [name, mine, now, expected] of [
  ['two counts', { tiers: [{ ...BASE.tiers[0], count: 4 }, BASE.tiers[1]] },
    { tiers: [BASE.tiers[0], { ...BASE.tiers[1], count: 3 }] }, { tiers: [['web', 4], ['db', 3]] }],
  ['a tier of each', { tiers: [...BASE.tiers, { name: 'cache', count: 1, server: SERVER }] },
    { tiers: [...BASE.tiers, { name: 'queue', count: 1, server: SERVER }] },
    { tiers: [['web', 2], ['db', 1], ['queue', 1], ['cache', 1]] }],
  ['its metadata', { metadata: { owner: 'ops' } }, { name: 'store' }, { name: 'store', metadata: { owner: 'ops' } }],
  ['a tier that I removed', { tiers: [BASE.tiers[0]] }, {}, { tiers: [['web', 2]] }],
  ['a tier that somebody else removed', { policies: [APART, { ...APART, tiers: ['db'] }] }, { tiers: [BASE.tiers[0]] },
    { tiers: [['web', 2]], policies: ['soft'] }],
  ['a policy made hard', { policies: [{ ...APART, enforcement: 'hard' }] }, { name: 'store' },
    { name: 'store', policies: ['hard'] }],
  ['a policy that somebody else removed', { policies: [{ ...APART, enforcement: 'hard' }] }, { policies: [] },
    { policies: [] }],
  ['the same policy, by both', { policies: [] }, { policies: [{ ...APART, enforcement: 'hard' }] }, { policies: [] }],
]) {
  test('edits are carried over to what somebody else made of it: ' + name, () => {
    const found = carryOver.carry(BASE, { ...BASE, ...mine }, { ...BASE, ...now });
    const told = {
      ...found, tiers: found.tiers.map((tier) => [tier.name, tier.count]),
      policies: found.policies.map(({ enforcement }) => enforcement),
    };
    const same = {
      name: 'shop', tiers: [['web', 2], ['db', 1]], policies: ['soft'], description: '', metadata: {}, recovery: {},
    };
    const whole = { ...same, ...expected };
    assert.deepEqual(told, whole);
  });
}

const CHANGE = {
  added: ['web-3'], removed: ['web-0'], moved: [{ member: 'web-1', to: { host: 'h3', rack: 'r3', zone: 'z2' } }],
};
const CHANGED = {
  ...PLAN, assignments: [...PLAN.assignments.slice(1),
    { member: 'web-3', tier: 'web', domains: { host: 'h4', rack: 'r3', zone: 'z2' } }],
  domains: [...PLAN.domains.slice(5), { ref: 'h4', level: 'host', parent: 'r3', label: 'host D' },
    ...PLAN.domains.slice(0, 5)],
  change: CHANGE,
};

test('the picture has who comes and who goes, each once, and who goes counts as lost', () => {
  const { assignments, moved, domains } = changePicture.drawn(CHANGED, NOW);
  assert.deepEqual(assignments.map((one) => [one.member, one.mark, one.running]).sort(), [
    ['db-0', undefined, undefined], ['web-0', 'removed', false], ['web-1', undefined, undefined],
    ['web-2', undefined, undefined], ['web-3', 'added', undefined],
  ]);
  assert.deepEqual(moved, ['web-1']);
  assert.equal(new Set(domains.map(({ ref }) => ref)).size, domains.length);
  const left = ensembles.domainTree.survivors({ assignments }, [{ name: 'web', count: 3 }], new Set(['h1']));
  assert.equal(left[0].left, 3);
});

test('of a change that does not fit the picture is what runs', () => {
  const refused = { ...PLAN, feasible: false, assignments: [], domains: [], change: { added: [], removed: [] } };
  for (const plan of [null, refused]) {
    const { assignments, change } = changePicture.drawn(plan, NOW);
    assert.deepEqual(assignments.map(({ member }) => member), ['web-0', 'web-1', 'web-2', 'db-0']);
    assert.deepEqual(change.removed, []);
  }
});

test('who comes, goes and moves is listed with where', () => {
  const legend = tierLegend.legend([{ name: 'web', count: 3 }, { name: 'db', count: 1 }]);
  const view = changeView.view(CHANGED, legend, NOW);
  const items = [...view.querySelectorAll('li')].map((item) => item.textContent.replace(/\s+/g, ' ').trim());
  assert.deepEqual(items, [
    'moves W web-1 zone A ▸ rack B ▸ host B → zone B ▸ rack C ▸ host C',
    'new W web-3 zone B ▸ rack C ▸ host D',
    'goes W web-0 zone A ▸ rack A ▸ host A',
  ]);
  assert.equal(view.querySelector('s').textContent, 'web-0');
  assert.equal(changeView.view({ ...CHANGED, change: { added: [], removed: [] } }, legend, NOW), null);
});

test('what the worst failures leave now is told for each tier', () => {
  const now = changePicture.leftNow(NOW);
  assert.deepEqual(now('zone', 1).get('web'), { tier: 'web', left: 1, count: 3 });
  assert.equal(now('cloud', 1).size, 0);
});

test('no more can be chosen to go than have to, and the choice is told by name', () => {
  const subject = opened();
  const draft = { ...drafts.changeTier(subject.fresh(), 't1', { count: 2 }), remove: ['web-1'] };
  let told = null;
  const page = { draft, running: subject.running, removing: (...asked) => { told = asked; } };
  const view = whoGoes.view(draft.tiers[0], page);
  assert.equal(view.querySelector('summary').textContent.trim(), 'web-1 goes');
  document.body.append(view); // else the browser tells no change
  const boxes = [...view.querySelectorAll('input')];
  assert.deepEqual(boxes.map((box) => [box.value, box.checked, box.getAttribute('aria-disabled')]),
    [['web-0', false, 'true'], ['web-1', true, null], ['web-2', false, 'true']]);
  assert.match(view.textContent, /web-2 zone B ▸ rack C ▸ host C/);
  boxes[1].click();
  assert.deepEqual(told, [['web-0', 'web-1', 'web-2'], []]);
  boxes[0].click();
  assert.equal(boxes[0].checked, false);
  assert.equal(whoGoes.view(draft.tiers[1], page), null);
  const root = document.createElement('div');
  root.append(view);
  whoGoes.tell(root, page, ['web-2', 'db-0']);
  assert.equal(view.querySelector('summary').textContent.trim(), 'web-2 goes');
});

/** The draft of a page that was opened with this query. */
function openedWith(search) {
  const { location, history } = globalThis;
  const went = [];
  const replaceState = (...to) => went.push(to[2]);
  Object.assign(globalThis, { location: { search, pathname: '/change/' }, history: { replaceState } });
  try {
    const subject = opened();
    const steps = subject.begin({ load: () => null, clear() {} });
    return { subject, steps, went };
  } finally {
    Object.assign(globalThis, { location, history });
  }
}

test('a page that is opened to replace a member asks for that, as a step to take back', () => {
  const { subject, steps, went } = openedWith('?replace=web-1');
  assert.deepEqual(subject.request(steps.now).replace, ['web-1']);
  assert.deepEqual([steps.now.tiers[0].count, steps.past[0].label, went], [3, 'replace web-1', ['/change/']]);
  assert.ok(subject.edited(steps.now));
});

test('a page that is opened to take a member out has one less of its tier, and nobody else to choose', () => {
  const { subject, steps } = openedWith('?release=web-1');
  const sent = subject.request(steps.now);
  assert.deepEqual([sent.release, sent.remove, sent.ensemble.tiers[0].count], [['web-1'], [], 2]);
  assert.equal(whoGoes.view(steps.now.tiers[0], { draft: steps.now, running: subject.running }), null);
  // With the tier as it was nobody leaves.
  assert.deepEqual(subject.request(drafts.changeTier(steps.now, 't1', { count: 3 })).release, []);
});

test('a page that is opened for a member that is not there begins as ever', () => {
  for (const search of ['?replace=web-9', '?release=', '?other=web-1']) {
    assert.equal(openedWith(search).steps.past.length, 0);
  }
});

test('who is taken out stays in the picture as leaving, and is told apart from who is deleted', () => {
  const change = { added: [], removed: [], released: ['web-0'], moved: [] };
  const plan = { ...PLAN, assignments: PLAN.assignments.slice(1), change };
  const { assignments } = changePicture.drawn(plan, NOW);
  const marked = assignments.filter(({ mark }) => mark).map(({ member, mark }) => [member, mark]);
  assert.deepEqual(marked, [['web-0', 'released']]);
  const view = changeView.view(plan, tierLegend.legend([{ name: 'web', count: 2 }]), NOW);
  assert.match(view.textContent, /leaves, and its server stays:/);
  assert.equal(runningEnsemble.headline(change, true), 'This can be done: 1 taken out.');
});

test('a policy made hard is an edit', () => {
  const subject = opened();
  const draft = draftPolicies.changePolicy(subject.fresh(), 'p3', { enforcement: 'hard' });
  assert.ok(subject.edited(draft));
  assert.equal(subject.request(draft).ensemble.policies[0].enforcement, 'hard');
});
