// SPDX-License-Identifier: Apache-2.0
'use strict';
/* Policies as chips with their editors and menus, and as edges between tiers. */
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, window, document } = require('./scripts.js');
const {
  edgeLanes, tierLegend, drafts, draftPolicies, apiBody, draftFaults, policyPicture, policyChip, policyEditor, policyWords,
} = ensembles;

const KINDS = ['anti-affinity', 'affinity', 'spread', 'near', 'survive', 'exclusive', 'selector'];
let tiers = drafts.empty();
for (const name of ['web', 'cache', 'db']) { tiers = drafts.addTier(tiers, { name, flavor: 'f', image: 'i' }); }

/** The page of a draft of three tiers (t1 to t3) and these policies (from p4 on), with what it was asked to change. */
function page(...policies) {
  let draft = policies.reduce((whole, policy) => draftPolicies.addPolicy(whole, { tiers: ['t1'], ...policy }), tiers);
  const legends = tierLegend.legend(draft.tiers);
  const on = {
    get draft() { return draft; },
    levels: ['host', 'rack', 'zone'], zoneLevel: 'zone', zones: () => ['az1', 'az2'],
    selectors: [{ key: 'disk', values: ['hdd', 'nvme'] }], changes: [],
    legend: new Map(draft.tiers.map((tier, index) => [tier.key, legends[index]])),
    sentence: (policy) => policyWords.sentence(apiBody.ruleOf(draft, policy)),
    addPolicy(values) {
      on.changes.push(['addPolicy', values]);
      draft = draftPolicies.addPolicy(draft, values);
      show(on);
    },
    removePolicy(key) {
      on.changes.push(['removePolicy', key]);
      draft = draftPolicies.removePolicy(draft, key);
      show(on);
    },
  };
  for (const name of ['typePolicy', 'changePolicy']) { on[name] = (...values) => on.changes.push([name, ...values]); }
  show(on);
  return on;
}

function show(on) {
  document.body.replaceChildren(
    policyChip.chips(on.draft.policies, on, { 'aria-label': 'Policies' }), policyChip.menus(on.draft.tiers[0], on));
  policyChip.refresh(document.body, on, [], new Map());
}

const one = (selector) => document.querySelector(selector);
const said = (selector) => one(selector).textContent.trim();

const CHIPS = [
  ['apart', { type: 'anti-affinity', level: 'host', max_per_domain: 1 }, 'Apart by host'],
  ['two to a domain', { type: 'anti-affinity', level: 'rack', max_per_domain: 2 }, 'At most 2 per rack'],
  ['together', { type: 'affinity', level: 'zone' }, 'Together in one zone'],
  ['together on a host', { type: 'affinity', level: 'host' }, 'Together on one host'],
  ['even', { type: 'spread', level: 'rack', max_skew: 1 }, 'Spread evenly by rack'],
  ['over so many', { type: 'spread', level: 'rack', min_domains: 3 }, 'Spread over 3 racks or more'],
  ['evenly over so many', { type: 'spread', level: 'host', max_skew: 1, min_domains: 2 },
    'Spread evenly over 2 hosts or more'],
  ['by shares', { type: 'spread', level: 'zone', shares: { b: 3, a: 7 } }, 'Spread 7 in a and 3 in b'],
  ['near', { type: 'near', level: 'zone' }, 'Near in each zone'],
  ['one failure', { type: 'survive', level: 'rack', failures: 1, min_available: '50%' }, 'Survive any rack, 50% left'],
  ['two failures', { type: 'survive', level: 'host', failures: 2, min_available: 3 }, 'Survive any 2 hosts, 3 left'],
  ['no other project', { type: 'exclusive', level: 'host', other: 'project' }, 'No other project on its host'],
  ['no other ensemble', { type: 'exclusive', level: 'rack', other: 'ensemble' }, 'No other ensemble on its rack'],
  ['only there', { type: 'selector', level: 'host', key: 'disk', values: ['a', 'b'] }, 'Only on hosts with disk “a” or “b”'],
  ['not there', { type: 'selector', level: 'rack', key: 'disk', values: ['a'], rule: 'not' },
    'Not in racks that have hosts with disk “a”'],
  ['a level of the operator', { type: 'affinity', level: 'room' }, 'Together in one room'],
  ['a kind we do not know', { type: 'far', level: 'rack' }, 'far, rack'],
];

for (const [name, rule, text] of CHIPS) {
  test('a chip says it in few words: ' + name, () => assert.equal(policyWords.chip(rule), text));
}

const PICTURES = [
  ['apart', { type: 'anti-affinity', tiers: ['a'] }, ['a', 'a', 'a']],
  ['at most three', { type: 'anti-affinity', tiers: ['a'], max_per_domain: 3 }, ['aaa', 'aaa', 'aaa']],
  ['more than a box holds', { type: 'anti-affinity', tiers: ['a'], max_per_domain: 99 }, ['aaaa', 'aaaa', 'aaaa']],
  ['tiers apart', { type: 'anti-affinity', tiers: ['a', 'b'] }, ['aa', 'bb', 'aa']],
  ['tiers together', { type: 'affinity', tiers: ['a', 'b'] }, ['aabb', '', '']],
  ['two failures', { type: 'survive', tiers: ['a'], failures: 2 }, ['xa', 'xa', 'a']],
];

for (const [name, rule, boxes] of PICTURES) {
  test('the picture shows what is meant: ' + name, () => {
    assert.deepEqual(policyPicture.boxes(rule), boxes);
    const drawn = policyPicture.picture(rule);
    assert.equal(drawn.querySelectorAll('circle').length, boxes.join('').replace(/x/g, '').length);
    assert.equal(drawn.getAttribute('aria-hidden'), 'true');
  });
}

test('every kind has its fields in the editor, each with a label, and its term', () => {
  const wanted = {
    'anti-affinity': ['most'], affinity: [], spread: ['skew', 'domains'], near: ['to'],
    survive: ['failures', 'available', 'available-count', 'available-share', 'available-majority'],
    exclusive: ['other-project', 'other-ensemble'],
    selector: ['selectorRule-only', 'selectorRule-not', 'selectorKey-disk'],
  };
  const common = ['level-host', 'level-rack', 'level-zone', 'enforcement-hard', 'enforcement-soft'];
  for (const type of KINDS) {
    const on = page({ type });
    const [policy] = on.draft.policies;
    const box = policyEditor.editor(policy, on, {});
    const fields = [...box.querySelectorAll('input, select')];
    assert.deepEqual(fields.map((field) => field.id).sort(),
      [...common, ...wanted[type]].map((name) => 'p4-' + name).sort());
    for (const field of fields) {
      assert.ok(box.querySelector(`label[for="${field.id}"]`) || field.closest('label'), field.id);
      assert.ok(one(`[id="${field.name || field.id}-error"]`), field.id);
    }
    assert.equal(box.querySelector('.ens-term').textContent, type);
    assert.equal(box.querySelector('.ens-sentence').textContent, on.sentence(policy));
  }
});

test('what is typed into a policy is read as what it is, and what is chosen too', () => {
  const on = page({ type: 'spread' }, { type: 'survive' });
  const set = (field, value) => {
    if (!one('#' + field)) { one('#' + field.split('-')[0] + '-chip').click(); }
    one('#' + field).value = value;
    one('#' + field).dispatchEvent(new window.Event('input'));
  };
  set('p4-domains', '3');
  set('p4-skew', '');
  set('p4-skew', '1.5');
  one('#p4-level-zone').click();
  set('p5-available', ' 50% ');
  assert.deepEqual(on.changes, [
    ['typePolicy', 'p4', { domains: 3 }], ['typePolicy', 'p4', { skew: null }], ['typePolicy', 'p4', { skew: 0 }],
    ['changePolicy', 'p4', { level: 'zone' }], ['typePolicy', 'p5', { available: '50%' }],
  ]);
});

test('a chip unfolds its editor, one at a time, and Escape folds it', () => {
  page({ type: 'affinity' }, { type: 'survive', enforcement: 'soft' });
  assert.match(said('#p4-chip'), /^Together on one host hard$/);
  assert.match(said('#p5-chip'), /soft$/);
  assert.ok(one('#p5-chip').classList.contains('is-soft'));
  one('#p4-chip').click();
  assert.equal(one('#p4-chip').getAttribute('aria-expanded'), 'true');
  one('#p5-chip').click();
  assert.equal(one('#p4-editor'), null);
  const escape = new window.KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true });
  one('#p5-close').dispatchEvent(escape);
  assert.equal(one('#p5-editor'), null);
  assert.equal(document.activeElement.id, 'p5-chip');
  assert.ok(escape.defaultPrevented, 'the page must not leave the card too');
});

test('the menu explains each kind for this tier, and adds the one that is chosen', () => {
  const on = page();
  one('#t1-add').click();
  assert.equal(document.activeElement.id, 't1-add-anti-affinity');
  assert.equal(document.querySelectorAll('.ens-policy-offer').length, 6);
  assert.match(said('#t1-add-survive'), /Survive failures.*survive.*Whichever rack fails, enough members of web/s);
  one('#t1-add-survive').click();
  assert.deepEqual(on.changes, [['addPolicy', { type: 'survive', level: 'rack', tiers: ['t1'] }]]);
  assert.equal(one('.ens-popup'), null);
  assert.equal(document.activeElement.id, 'p4-chip');
  assert.ok(one('#p4-editor'), 'it is open for what is changed right away');
  one('#p4-remove').click();
  assert.equal(document.activeElement.id, 't1-add');
});

test('Delete on a chip removes its policy, and the focus goes to the next one', () => {
  const on = page({ type: 'affinity' }, { type: 'spread' });
  one('#p4-chip').dispatchEvent(new window.KeyboardEvent('keydown', { key: 'Delete', bubbles: true, cancelable: true }));
  assert.deepEqual(on.changes, [['removePolicy', 'p4']]);
  assert.equal(document.activeElement.id, 'p5-chip');
});

test('arrows lead through a menu, and Escape back to its button', () => {
  page();
  const press = (key) => document.activeElement.dispatchEvent(
    new window.KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  one('#t1-add').click();
  press('ArrowDown');
  assert.equal(document.activeElement.id, 't1-add-survive');
  press('ArrowUp');
  press('ArrowUp');
  assert.equal(document.activeElement.id, 't1-add-selector');
  press('Escape');
  assert.equal(document.activeElement.id, 't1-add');
  assert.equal(one('#t1-add').getAttribute('aria-expanded'), 'false');
});

test('"Relate to" asks for the other tier and the relation', () => {
  const on = page();
  one('#t1-relate').click();
  assert.deepEqual([...one('#t1-relate-to').options].map((option) => option.textContent), ['cache', 'db']);
  one('#t1-relate-to').value = 't3';
  one('#t1-relate-to').dispatchEvent(new window.Event('change'));
  assert.match(said('#t1-relate-near'), /Wherever web is, some of db is too/);
  one('#t1-relate-near').click();
  one('#t1-relate').click();
  one('#t1-relate-anti-affinity').click();
  assert.deepEqual(on.changes.map(([, values]) => values), [
    { type: 'near', level: 'zone', between: true, tiers: ['t1'], to: 't3' },
    { type: 'anti-affinity', level: 'host', between: true, tiers: ['t1', 't2'], to: 't2' },
  ]);
});

test('chips are marked: what is in the way, what is not right yet, and a soft policy that is not met', () => {
  const on = page({ type: 'affinity' }, { type: 'spread' }, { type: 'survive', enforcement: 'soft' });
  const place = (key, field) => { return { kind: 'policy', key, field }; };
  const wrong = [{ place: place('p4', 'type'), message: 'too few' }, { place: place('p5', 'skew'), message: 'odd' }];
  policyChip.refresh(document.body, on, wrong, new Map([['p6', 'one rack too few']]));
  assert.match(said('#p4-chip'), /in the way$/);
  assert.match(said('#p5-chip'), /not right yet$/);
  assert.match(said('#p6-chip'), /not met$/);
  assert.equal(said('#p6-told .ens-unmet'), 'one rack too few');
  assert.equal(one('#p6-told').hidden, false);
  policyChip.refresh(document.body, on, [], new Map());
  assert.equal(document.querySelectorAll('.is-wrong, .is-unmet').length, 0);
  assert.equal(one('#p6-told').hidden, true);
});

const LANES = [
  ['one', { a: [0, 1] }, { a: 0 }],
  ['one after the other', { a: [0, 1], b: [1, 2] }, { a: 0, b: 0 }],
  ['a long one outside of short ones', { long: [0, 3], a: [0, 1], b: [2, 3] }, { a: 0, b: 0, long: 1 }],
  ['twice the same', { a: [0, 1], b: [0, 1] }, { a: 0, b: 1 }],
  ['a bundle over three', { all: [0, 1, 2], a: [1, 2] }, { a: 0, all: 1 }],
];

for (const [name, edges, wanted] of LANES) {
  test('edges that overlap have lanes of their own: ' + name, () => {
    const laid = edgeLanes.arrange(Object.entries(edges).map(([key, rows]) => ({ key, rows })));
    assert.deepEqual(Object.fromEntries(laid.map((edge) => [edge.key, edge.lane])), wanted);
    const ports = laid.flatMap((edge) => edge.ports.map((port) => port.row + ':' + port.share));
    assert.equal(new Set(ports).size, ports.length, 'no two edges share a port');
  });
}

test('what arrives from above is above what leaves, so that edges cross little', () => {
  const laid = edgeLanes.arrange([{ key: 'up', rows: [0, 1] }, { key: 'far', rows: [0, 2] }, { key: 'down', rows: [1, 2] }]);
  const share = (key, row) => laid.find((edge) => edge.key === key).ports.find((port) => port.row === row).share;
  assert.ok(share('up', 1) < share('down', 1));
  assert.ok(share('far', 0) < share('up', 0), 'the outer lane leaves first');
  assert.ok(share('down', 2) < share('far', 2), 'and arrives last');
});

test('ports are below the head of a card, and in it', () => {
  assert.equal(edgeLanes.portAt({ top: 100, height: 146 }, 0.5), 196.5);
  assert.equal(edgeLanes.portAt({ top: 0, height: 20 }, 0.5), 15.5);
});

test('an edge runs down its lane with an arm to each card and to its chip', () => {
  assert.equal(edgeLanes.path(10, 30, [0, 50, 100], 60),
    'M30 0H16Q10 0 10 6V94Q10 100 16 100H30M10 50H30M10 60H30');
  assert.equal(edgeLanes.path(110, 90, [0, 100], null), 'M90 0H104Q110 0 110 6V94Q110 100 104 100H90', 'right to left');
  assert.equal(edgeLanes.end('arrow', 30, 50, -1), 'M21 45L29 50L21 55z');
});

test('a new kind that says no more than it must is offered, edited, said and sent', () => {
  ensembles.policyKinds.add({
    type: 'packed', title: 'Pack', own: { level: 'rack', why: '%(tier)s in few racks.' },
    fields: { racks: 'max_domains' }, first: { racks: 2 },
    sentence: () => '%(tiers)s in few domains of %(level)s.', chip: () => 'Packed by %(level)s',
    choices: (policy, inputs) => inputs.number('racks', 'Racks'),
  });
  const on = page({ type: 'packed', level: 'rack', racks: 2 });
  const [policy] = on.draft.policies;
  assert.deepEqual(apiBody.ruleOf(on.draft, policy), {
    type: 'packed', level: 'rack', tiers: ['web'], enforcement: 'hard', max_domains: 2,
  });
  assert.match(said('#p4-chip'), /^Packed by rack hard$/);
  assert.equal(on.sentence(policy), 'web in few domains of rack.');
  assert.ok(policyEditor.editor(policy, on, {}).querySelector('#p4-racks'));
  one('#t1-add').click();
  assert.match(said('#t1-add-packed'), /Pack.*web in few racks/);
});

test('what is there already is opened, not added a second time', () => {
  const on = page({ type: 'anti-affinity', level: 'host' }, { type: 'near', level: 'zone', between: true, to: 't2' });
  one('#t1-add').click();
  one('#t1-add-anti-affinity').click();
  assert.deepEqual(on.changes, []);
  assert.match(said('#p4-editor .ens-already'), /there already. Change it\?/);
  assert.equal(document.activeElement.id, 'p4-chip');
  one('#t1-relate').click();
  one('#t1-relate-near').click();
  assert.deepEqual(on.changes, []);
  assert.ok(one('#p5-editor .ens-already'));
});

const MAJORITIES = [
  ['of two', [2], 2], ['of three', [3], 2], ['of four', [4], 3], ['of 101', [101], 51],
  ['of three in each of two tiers', [3, 3], 2], ['of tiers of different size', [3, 5], '51%'],
];

for (const [name, counts, needed] of MAJORITIES) {
  test('a majority is more than half, and follows the count: ' + name, () => {
    const whole = counts.reduce((draft, count) => drafts.addTier(draft, { count }), drafts.empty());
    const keys = whole.tiers.map((tier) => tier.key);
    const draft = draftPolicies.addPolicy(whole, { type: 'survive', available: 'majority', tiers: keys });
    assert.equal(apiBody.ruleOf(draft, draft.policies[0]).min_available, needed);
    assert.deepEqual(draftFaults.problems(draft).filter(({ place }) => place.kind === 'policy'), []);
    if (counts.length === 1) {
      const more = drafts.changeTier(draft, draft.tiers[0].key, { count: counts[0] + 2 });
      assert.equal(apiBody.ruleOf(more, more.policies[0]).min_available, needed + 1);
    }
  });
}

test('the editor offers a majority beside a number and a share', () => {
  const on = page({ type: 'survive' });
  one('#p4-chip').click();
  one('#p4-available-majority').click();
  assert.deepEqual(on.changes.pop(), ['changePolicy', 'p4', { available: 'majority' }]);
  const box = policyEditor.editor({ ...on.draft.policies[0], available: 'majority' }, on, {});
  assert.equal(box.querySelector('#p4-available'), null);
  assert.ok(box.querySelector('#p4-available-majority').checked);
});

test('a new selector begins with what the cloud offers, and is offered nowhere else', () => {
  const on = page();
  one('#t1-add').click();
  one('#t1-add-selector').click();
  const [policy] = on.draft.policies;
  assert.deepEqual(apiBody.ruleOf(on.draft, policy), {
    type: 'selector', level: 'host', tiers: ['web'], enforcement: 'hard', key: 'disk', values: ['hdd'], rule: 'only',
  });
  const box = policyEditor.editor(policy, on, {});
  const second = box.querySelector('#p4-selectorValues-1');
  second.checked = true;
  second.dispatchEvent(new window.Event('change'));
  assert.deepEqual(on.changes.pop(), ['changePolicy', 'p4', { selectorValues: ['hdd', 'nvme'] }]);
  const without = page();
  without.selectors = [];
  one('#t1-add').click();
  assert.equal(one('#t1-add-selector'), null);
});

test('a selector of what the cloud has no more shows it all the same', () => {
  const on = page({ type: 'selector', selectorKey: 'room', selectorValues: ['north'] });
  const box = policyEditor.editor(on.draft.policies[0], on, {});
  assert.ok(box.querySelector('#p4-selectorKey-room').checked);
  assert.ok(box.querySelector('#p4-selectorValues-0').checked);
});

test('the shares of zones are typed one by one, in the place of the numbers', () => {
  const on = page({ type: 'spread', level: 'zone' });
  const box = policyEditor.editor(on.draft.policies[0], on, {});
  const second = box.querySelector('#p4-shares-1');
  second.value = '30';
  second.dispatchEvent(new window.Event('input'));
  assert.deepEqual(on.changes.pop(), ['typePolicy', 'p4', { shares: { az2: 30 }, skew: null, domains: null }]);
  second.value = '';
  second.dispatchEvent(new window.Event('input'));
  assert.deepEqual(on.changes.pop(), ['typePolicy', 'p4', { shares: null }]);
  const rule = apiBody.ruleOf(on.draft, { ...on.draft.policies[0], skew: null, shares: { az1: 7 } });
  assert.deepEqual(rule, { type: 'spread', level: 'zone', tiers: ['web'], enforcement: 'hard', shares: { az1: 7 } });
  const racks = page({ type: 'spread', level: 'rack' });
  assert.equal(policyEditor.editor(racks.draft.policies[0], racks, {}).querySelector('#p4-shares'), null);
});
