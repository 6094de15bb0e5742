// SPDX-License-Identifier: Apache-2.0
'use strict';
/* The live preview: what is drawn of a large cloud, what failures cost, what is submitted and taken along. */
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, document, window } = require('./scripts.js');
const { PLAN, TIERS, HOSTILE } = require('./samples.js');
const {
  tierLegend, domainTree, losses, map, planTable, failures, whatIf, motion, submit, difference, elementSvg,
} = ensembles;

const legend = tierLegend.legend(TIERS);

/** A cloud of zones x racks x hosts; the first members go to the first hosts, one each. */
function cloud(zones, racks, hosts, members) {
  const domains = [];
  for (let z = 0; z < zones; z += 1) {
    domains.push({ ref: 'z' + z, level: 'zone', parent: null, label: 'zone ' + z, room: ['web'], held: 0 });
    for (let r = 0; r < racks; r += 1) {
      const rack = `z${z}r${r}`;
      domains.push({ ref: rack, level: 'rack', parent: 'z' + z, label: 'rack ' + rack, room: ['web'], held: 0 });
      for (let h = 0; h < hosts; h += 1) {
        domains.push({ ref: `${rack}h${h}`, level: 'host', parent: rack, label: `host ${rack}h${h}`,
          room: h % 2 ? ['web'] : [], held: h === 3 ? 2 : 0 });
      }
    }
  }
  const leaves = domains.filter((one) => one.level === 'host').slice(0, members);
  const assignments = leaves.map((leaf, index) => {
    const [zone, rack] = [leaf.ref.match(/^z\d+/)[0], leaf.parent];
    return { member: 'web-' + index, tier: 'web', domains: { host: leaf.ref, rack, zone } };
  });
  return { ...PLAN, assignments, domains };
}

const nodes = (all) => all.flatMap((one) => [one, ...nodes(one.children)]);
const boxes = (plan, refs) => nodes(domainTree.fold(domainTree.tree(plan), new Set(refs)).roots);

test('every host of a small cloud is drawn, as a line of its rack', () => {
  const { roots, slots } = domainTree.fold(domainTree.tree(cloud(2, 3, 4, 3)), new Set());
  assert.equal(slots, true);
  assert.equal(nodes(roots).length, 2 + 6 + 24);
  assert.deepEqual([roots[0].hosts, roots[0].used, roots[0].possible], [12, 3, 6]);
});

test('two hundred hosts are drawn, but not each with its name', () => {
  const { roots, slots } = domainTree.fold(domainTree.tree(cloud(2, 10, 10, 60)), new Set());
  assert.equal(slots, false);
  assert.equal(nodes(roots).length, 2 + 20 + 200);
});

test('a thousand hosts fold: those in use are drawn, the others told as numbers', () => {
  const plan = cloud(2, 25, 20, 30);
  const shown = boxes(plan);
  assert.equal(shown.filter((one) => one.level === 'host').length, 30);
  const rest = shown.find((one) => one.ref === 'z0r1').rest;
  assert.deepEqual(rest, { domains: 10, hosts: 10, possible: 5, held: 0, level: 'host' });
  assert.equal(shown.find((one) => one.ref === 'z1r7').rest.held, 2);
  assert.equal(boxes(plan, ['z1r7']).filter((one) => one.parent === 'z1r7').length, 20);
});

test('more than sixty racks fold into their zones', () => {
  const plan = cloud(2, 50, 10, 12);
  assert.equal(boxes(plan).filter((one) => one.level === 'rack').length, 2);
  assert.deepEqual(boxes(plan).find((one) => one.ref === 'z1').rest.domains, 50);
  assert.equal(boxes(plan, ['z1']).filter((one) => one.level === 'rack').length, 52);
});

test('members on more hosts than can be drawn are counted by tier', () => {
  const racks = boxes(cloud(2, 25, 20, 400)).filter((one) => one.level === 'rack');
  assert.deepEqual(racks[0].tiers, [['web', 20]]);
  assert.equal(racks[0].children.length, 0);
  assert.equal(racks[0].rest.hosts, 20);
});

const WORST = [
  ['told by the API', { any: [{ failures: 2, left: { web: 1, db: 1 } }] }, 2, [1, 1]],
  ['counted here', {}, 2, [1, 0]],
  ['of all that there are', {}, 3, [0, 0]],
  ['of a single one', {}, 1, [2, 0]],
];

for (const [name, more, number, left] of WORST) {
  test('the worst of several failures at once, ' + name, () => {
    const item = { ...PLAN.survivability[1], ...more };
    assert.deepEqual(losses.worst(PLAN, TIERS, item, number).map((one) => one.left), left);
  });
}

test('the single failure stays in sight when more are told', () => {
  const cell = failures.worst(PLAN, legend, null, { failures: 2 }).querySelector('[data-level=rack] [data-tier=web]');
  assert.match(cell.textContent, /1 of 3 left\s*2 after any one/);
  assert.equal(cell.querySelectorAll('.ens-bar-pale').length, 1);
});

test('the slider says how many, and tells its page', () => {
  const told = [];
  const slider = failures.slider(1, 3, (number) => told.push(number));
  const input = slider.querySelector('input');
  input.value = '3';
  input.dispatchEvent(new window.Event('input'));
  assert.deepEqual(told, [3]);
  assert.equal(slider.querySelector('output').textContent, 'any 3 at once');
  assert.equal(input.getAttribute('aria-valuetext'), 'any 3 at once');
});

test('no more failures are offered than domains are in use', () => {
  const used = (...numbers) => ({ ...PLAN, survivability: PLAN.survivability.map((item, index) =>
    ({ ...item, domains_used: numbers[index] })) });
  assert.deepEqual([[3, 3, 2], [9, 6, 2], [2, 2, 1], [1, 1, 1]].map((numbers) => failures.most(used(...numbers))),
    [3, 3, 2, 1]);
  assert.equal(failures.slider(1, 2, () => {}).querySelector('input').max, '2');
  assert.equal(failures.slider(1, 1, () => {}), null);
  const rows = failures.worst(used(3, 2, 1), legend, null, { failures: 3 }).querySelectorAll('tbody th');
  assert.deepEqual([...rows].map((row) => row.firstChild.textContent),
    ['any 3 hosts at once', 'all 2 racks in use', 'the one zone in use']);
});

test('the column of what can be placed again stays, and says what it is known for', () => {
  const table = failures.worst(PLAN, legend, 'asked', { failures: 2 });
  assert.match(table.querySelector('[data-room=rack]').textContent, /told for one failure alone/);
});

for (const each of require('../cases/states_after_a_failure.json')) {
  test('one word says what a failure leaves: ' + each.case, () => {
    const after = Object.entries(each.left).map(([tier, left]) => ({ tier, left }));
    assert.equal(losses.outcome(after, each.minima), each.state);
  });
}

test('the headline of the worst failures is the word of the API', () => {
  const any = [{ failures: 1, state: 'works', left: {} }, { failures: 2, state: 'degraded', left: {} }];
  const plan = { ...PLAN, survivability: [{ ...PLAN.survivability[1], state: 'works', any }] };
  const said = (number) => failures.worst(plan, legend, null, { failures: number })
    .querySelector('[data-outcome]').textContent.trim();
  assert.deepEqual([said(1), said(2), said(3)], ['works', 'degraded', 'degraded']);
});

test('no promise is called kept for more failures than it is made for', () => {
  const tiers = [{ tier: 'web', left: 2, needed: 2, message: 'As the API says.' }];
  const promise = { policy: 0, level: 'rack', failures: 1, tiers, holds: true };
  const said = (number) => whatIf.promised({ ...PLAN, promises: [promise] }, legend, number).textContent.trim();
  assert.match(said(1), /^Promise kept.*: As the API says\./);
  assert.match(said(3), /^More than was promised.*0 of web would be left, and 2 are needed/);
});

const survive = (more) => [{ type: 'survive', level: 'rack', tiers: ['web'], min_available: 2, ...more }];
const PROMISES = [
  ['kept', survive(), ['r2'], /Promise kept.*2 of web would be left, and 2 are needed/],
  ['broken', survive({ min_available: '100%' }), ['r2'], /Promise broken.*2 of web would be left, and 3 are needed/],
  ['not made for so much', survive(), ['r2', 'r3'],
    /More than was promised \(any 1 rack may fail\): 1 of web would be left, and 2 are needed/],
  ['a zone is more than one rack', survive(), ['z1'], /More than was promised/],
  ['a share is rounded up', survive({ level: 'host', min_available: '50%', failures: 2 }), ['h1'], /2 are needed/],
];

for (const [name, policies, failed, said] of PROMISES) {
  test('a promise when somebody fails domains: ' + name, () => {
    const shown = whatIf.afterFailures(PLAN, legend, new Set(failed), { policies });
    assert.match(shown.querySelector('.ens-promise').textContent, said);
  });
}

test('whether lost members can be placed again is told when it is known', () => {
  const said = (room) => whatIf.afterFailures(PLAN, legend, new Set(['r1', 'r2']), { room }).lastChild.textContent.trim();
  assert.match(said('asked'), /Being found out/);
  assert.equal(said({ message: 'They fit.' }), 'They fit.');
  assert.equal(said({ message: 'They do not.' }), 'They do not.');
});

/** A picture in the document, for the focus. */
function opened(plan, failed = new Set()) {
  let calls = 0;
  const picture = map.open({ failed, opened: new Set(), marked: null }, { failed: () => { calls += 1; } });
  picture.show(plan, tierLegend.legend([{ name: 'web', count: 3 }, { name: 'db', count: 1 }]));
  document.body.replaceChildren(picture.element);
  return { picture, element: picture.element, failed, calls: () => calls };
}

test('possible and impossible domains are told apart, for the drawing and for one tier', () => {
  const plan = { ...PLAN, domains: PLAN.domains.map((one) => ({ ...one, room: one.ref === 'h1' ? [] : ['web'] })) };
  const { picture, element } = opened(plan);
  const box = (ref) => element.querySelector(`[data-ref=${ref}]`).parentElement.classList;
  assert.ok(box('h2').contains('is-possible') && box('h1').contains('is-impossible'));
  assert.match(element.querySelector('[data-ref=h2]').title, /^host B could hold one more of web\./);
  picture.mark('db');
  assert.ok(box('h2').contains('is-impossible'));
  assert.match(element.querySelector('[data-ref=h2]').title, /^host B can hold no member more of db\./);
  picture.mark(null);
  assert.ok(box('h2').contains('is-possible'));
  const silent = opened(PLAN).element.querySelector('[data-ref=h1]').parentElement.classList;
  assert.ok(!silent.contains('is-possible') && !silent.contains('is-impossible'), 'an older API does not tell');
});

test('a new plan leaves the boxes, the focus and what failed where they were', () => {
  const { picture, element, failed } = opened(PLAN);
  const button = element.querySelector('[data-ref=r2]');
  button.focus();
  button.click();
  picture.show({ ...PLAN, assignments: PLAN.assignments.slice(1) }, legend);
  assert.equal(element.querySelector('[data-ref=r2]'), button);
  assert.equal(document.activeElement, button);
  assert.deepEqual([...failed], ['r2']);
  const members = [...element.querySelectorAll('[data-member]')].map((one) => one.dataset.member);
  assert.deepEqual(members, ['db-0', 'web-1', 'web-2']);
});

test('the picture is one stop for Tab, arrows lead through it, and Escape mends all', () => {
  const { element, failed } = opened(PLAN, new Set(['z2']));
  const press = (key) => document.activeElement.dispatchEvent(
    new window.KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  const at = () => document.activeElement.dataset.ref;
  const stops = () => [...element.querySelectorAll('button')].filter((one) => one.tabIndex === 0)
    .map((one) => one.dataset.ref);
  assert.deepEqual(stops(), ['z1']);
  element.querySelector('button').focus();
  const path = ['ArrowRight', 'ArrowDown', 'ArrowDown', 'ArrowLeft', 'End', 'ArrowLeft', 'Home'].map((key) => {
    press(key);
    return at();
  });
  assert.deepEqual(path, ['r1', 'h1', 'r2', 'z1', 'h3', 'r3', 'z1']);
  assert.deepEqual(stops(), ['z1']);
  press('Escape');
  assert.equal(failed.size, 0);
});

test('what is folded opens with one click and closes again', () => {
  const { element } = opened(cloud(2, 25, 20, 30));
  const count = () => element.querySelectorAll('.ens-domain-host').length;
  assert.equal(count(), 30);
  assert.match(element.querySelector('[data-open=z0r1]').textContent, /10 hosts more\s*5 hosts possible/);
  element.querySelector('[data-open=z0r1]').click();
  assert.equal(count(), 40);
  assert.equal(document.activeElement.dataset.ref, 'z0r1');
  element.querySelector('[data-open=z0r1]').click();
  assert.equal(count(), 30);
});

test('members that stay do not move; one of a tier that goes is the one that comes', () => {
  const place = (tier, host) => ({ tier, host });
  const before = [place('web', 'a'), place('web', 'b'), place('db', 'a')];
  const now = [place('db', 'c'), place('web', 'b'), place('web', 'd'), place('web', 'e')];
  assert.deepEqual(motion.pairs(before, now).map(([one, from]) => [one.host, from && from.host]),
    [['c', 'a'], ['b', 'b'], ['d', 'a'], ['e', null]]);
});

test('the key marks the places of a tier while it is looked at, and for good once pressed', () => {
  const marked = [];
  const key = planTable.key(legend, (name) => marked.push(name));
  const [web, db] = key.querySelectorAll('button');
  const see = (button, type) => button.dispatchEvent(new window.Event(type));
  see(web, 'mouseenter');
  see(web, 'mouseleave');
  web.click();
  see(db, 'mouseenter');
  see(db, 'mouseleave');
  web.click();
  assert.deepEqual(marked, ['web', null, 'web', 'db', 'web', null]);
  assert.equal(planTable.key(legend).querySelectorAll('button').length, 0);
});

test('the table is copied with tabs, and no name can add a column', () => {
  const named = PLAN.domains.map((one) => ({ ...one, name: 'a\tb\n' + one.ref }));
  const lines = planTable.text({ ...PLAN, domains: named }).trimEnd().split('\n');
  assert.equal(lines.length, 5);
  assert.equal(lines[0], 'Member\tzone\track\thost');
  assert.ok(lines.every((line) => line.split('\t').length === 4));
});

const MOVED = { ...PLAN, assignments: PLAN.assignments.map((one) =>
  (one.member === 'web-2' ? { ...one, domains: { host: 'h2', rack: 'r2', zone: 'z1' } } : one)),
};

test('the difference tells who moves, what the API says of what that costs, and offers both ways on', () => {
  const [, , from] = PLAN.assignments.map((one) => one.domains);
  const moved = [{ member: 'web-2', tier: 'web', from, to: MOVED.assignments[2].domains }];
  const chosen = [];
  const worst = [{ tier: 'web', left: 0, before: 1, message: 'The loss of any one zone would leave 0 of 3 of web.' }];
  const box = difference.view({ plan: MOVED, earlier: PLAN.domains, moved, worst }, legend,
    { build: () => chosen.push('build'), keep: () => chosen.push('keep') });
  assert.match(box.textContent, /1 member would be elsewhere/);
  assert.match(box.querySelector('tbody').textContent, /web-2zone B ▸ rack C ▸ host Czone A ▸ rack B ▸ host B/);
  assert.match(box.querySelector('#ens-difference-worst').textContent, /The loss of any one zone would leave 0 of 3 of web/);
  box.querySelectorAll('button').forEach((button) => button.click());
  assert.deepEqual(chosen, ['build', 'keep']);
  const same = difference.view({ plan: PLAN, earlier: [], moved, worst: [] }, legend, {});
  assert.match(same.textContent, /leaves is the same as before/);
});

test('nothing is said to be the same as in a plan that is not known any more', () => {
  const moved = [{ member: 'web-2', tier: 'web', from: null, to: MOVED.assignments[2].domains }];
  const unknown = difference.view({ plan: PLAN, earlier: [], moved, worst: null }, legend, {});
  assert.match(unknown.textContent, /not known any more/);
  assert.doesNotMatch(unknown.textContent, /the same as before/);
});

/** Submit with an answer, and tell what happened. */
async function submitted(answer, id) {
  const heard = [];
  const page = { body: () => ({ ensemble: 'body' }), busy: (on) => heard.push(on) };
  for (const name of ['done', 'failed', 'changed']) { page[name] = (what) => heard.push([name, what]); }
  const sent = submit.open(async ({ key, ...body }) => { assert.ok(key); heard.push(body); return answer(); }, page);
  await Promise.all([sent.send(id), sent.send(id)]);
  return heard;
}

test('what was previewed is submitted by its id, once', async () => {
  const heard = await submitted(() => ({ url: '/there' }), 'p1');
  assert.deepEqual(heard, [true, { ensemble: 'body', plan: 'p1' }, ['done', '/there']]);
  assert.deepEqual((await submitted(() => ({ url: '/there' }), null))[1], { ensemble: 'body' });
});

/** The keys of as many submits as there are answers, one after the other, of bodies[i] or the same body. */
async function keysOf(answers, bodies = []) {
  const keys = [];
  const quiet = () => {};
  let turn = 0;
  const page = { body: () => bodies[turn] || 'body', busy: quiet, done: quiet, failed: quiet, changed: quiet };
  const sent = submit.open(async ({ key }) => {
    keys.push(key);
    const status = answers[turn];
    if (status) { return { url: '/there' }; }
    throw Object.assign(new Error('lost'), { status: 0, details: {} });
  }, page);
  for (turn = 0; turn < answers.length; turn += 1) { await sent.send('p1'); }
  return keys;
}

test('what is submitted again after a lost answer has the same key, so that it is built once', async () => {
  const [first, second, third] = await keysOf([false, false, true]);
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.equal(second, first);
  assert.equal(third, first);
});

test('another drawing has another key', async () => {
  assert.equal(new Set(await keysOf([false, false], ['one', 'other'])).size, 2);
});

test('a refusal is not the answer to the next try, but a create at work and a fault are', async () => {
  const keysAfter = async (status, code) => {
    const keys = [];
    const quiet = () => {};
    const page = { body: () => ({ ensemble: 'body' }), busy: quiet, done: quiet, failed: quiet, changed: quiet };
    const sent = submit.open(async ({ key }) => {
      keys.push(key);
      throw Object.assign(new Error('no'), { status, details: { code } });
    }, page);
    await sent.send(null);
    await sent.send(null);
    return new Set(keys).size;
  };
  assert.equal(await keysAfter(409, 'ensemble.infeasible'), 2);
  assert.equal(await keysAfter(400, 'ensemble.invalid'), 2);
  assert.equal(await keysAfter(409, 'ensemble.in_progress'), 1);
  assert.equal(await keysAfter(503, 'ensemble.unavailable'), 1);
  assert.equal(await keysAfter(504), 1);
});

test('a plan that changed is told apart from what failed', async () => {
  const fail = (details) => () => { throw Object.assign(new Error('no'), { details }); };
  const [, , off, told] = await submitted(fail({ code: 'ensemble.plan_changed', plan: MOVED, moved: [] }), 'p1');
  assert.deepEqual([off, told], [false, ['changed', { code: 'ensemble.plan_changed', plan: MOVED, moved: [] }]]);
  assert.equal((await submitted(fail({ code: 'ensemble.infeasible' }), 'p1'))[3][0], 'failed');
});

for (const name of [...HOSTILE, 'a\u0000b\u000bc\ufffe\ud800']) {
  test('a hostile name is text in a file of the picture: ' + JSON.stringify(name.slice(0, 20)), () => {
    const drawn = elementSvg.svg('svg', {});
    drawn.append(elementSvg.svg('title', {}, name));
    const text = new window.XMLSerializer().serializeToString(drawn);
    const read = new window.DOMParser().parseFromString(text, 'image/svg+xml');
    assert.equal(read.querySelector('parsererror'), null);
    assert.equal(read.querySelectorAll('img, script').length, 0);
    assert.equal(read.documentElement.textContent, elementSvg.safe(name));
  });
}

test('the levels are those of the domains where nothing is said to survive', () => {
  assert.deepEqual(planTable.levelsOf({ ...PLAN, survivability: [] }), planTable.levelsOf(PLAN));
});
