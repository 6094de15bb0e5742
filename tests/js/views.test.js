// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ensembles, window, document, FOLDER, threeTier } = require('./scripts.js');
const { CHOICES, PLAN, TIERS, HOSTILE } = require('./samples.js');
const { map, failures, planTable, reasons, whatIf, verdict, tierLegend, drafts, apiBody, newDraft } = ensembles;

const legend = tierLegend.legend(TIERS);
const texts = (nodes) => [...nodes].map((node) => node.textContent.trim());

test('the picture shows each member once, named for those who do not see it', () => {
  const picture = map.picture(PLAN, legend, new Set(), () => {});
  const members = [...picture.querySelectorAll('.ens-member .ens-badge')];
  assert.deepEqual(members.map((one) => one.getAttribute('aria-label')), ['web-0', 'db-0', 'web-1', 'web-2']);
  assert.deepEqual(texts(members), ['W', 'D', 'W', 'W']);
  assert.equal(picture.querySelectorAll('.ens-domain-rack').length, 3);
});

test('a click fails a domain and all below it, and a second click mends it', () => {
  const failed = new Set();
  let calls = 0;
  const picture = map.picture(PLAN, legend, failed, () => { calls += 1; });
  const button = picture.querySelector('[data-ref="z1"]');
  button.click();
  assert.deepEqual([...failed], ['z1']);
  assert.equal(button.getAttribute('aria-pressed'), 'true');
  assert.equal(picture.querySelectorAll('.is-failed').length, 5);
  assert.equal(picture.querySelector('[data-ref="h1"]').getAttribute('aria-pressed'), 'false');
  button.click();
  assert.equal(picture.querySelectorAll('.is-failed').length, 0);
  assert.equal(calls, 2);
});

test('a building member says so', () => {
  const assignments = PLAN.assignments.map((one) => ({ ...one, status: 'BUILDING' }));
  const picture = map.picture({ ...PLAN, assignments }, legend, new Set(), () => {});
  assert.equal(picture.querySelector('.ens-badge').getAttribute('aria-label'), 'web-0: Building');
});

test('the table says the same as the picture', () => {
  const rows = [...planTable.table(PLAN).querySelectorAll('tr')].map((row) => texts(row.children));
  assert.deepEqual(rows[0], ['Member', 'zone', 'rack', 'host']);
  assert.deepEqual(rows[3], ['web-2', 'zone B', 'rack C', 'host C']);
  assert.equal(rows.length, 5);
});

test('the worst failure of each level is listed for each tier', () => {
  const table = failures.worst(PLAN, legend);
  const cell = (level, tier) => table.querySelector(`[data-level=${level}] [data-tier=${tier}]`).textContent.trim();
  assert.equal(cell('rack', 'web'), '2 of 3 left');
  assert.equal(cell('zone', 'web'), '1 of 3 left');
  assert.equal(cell('host', 'db'), 'none left');
});

test('what is tried is told in words', () => {
  assert.match(whatIf.afterFailures(PLAN, legend, new Set()).textContent, /Click a host, a rack or a zone/);
  assert.match(whatIf.afterFailures(PLAN, legend, new Set(['r1', 'z2'])).textContent,
    /If rack A and zone B fail:\s+down nothing is left of db\./);
  assert.match(whatIf.afterFailures(PLAN, legend, new Set(['r2'])).textContent, /If rack B fails:\s+works/);
  const strict = { ...PLAN, minima: { web: 3, db: 1 } };
  assert.match(whatIf.afterFailures(strict, legend, new Set(['r2'])).textContent, /If rack B fails:\s+degraded/);
  const idle = { ...PLAN, assignments: PLAN.assignments.map((one) => ({ ...one, running: one.member !== 'web-2' })) };
  const shown = whatIf.afterFailures(idle, legend, new Set(['r2']));
  assert.match(shown.querySelector('[data-tier=web]').textContent, /1 of 3 left/, 'who does not run is not left');
});

const VERDICTS = [
  ['a plan', { kind: 'fits', plan: PLAN, at: '12:00' }, 'good', '4 members fit.'],
  ['a soft policy not met', { kind: 'fits', plan: { ...PLAN, violations: [{ message: 'm' }] }, at: '12:00' }, 'warn',
    '4 members fit.'],
  ['a plan beyond the quota', { kind: 'fits', plan: { ...PLAN, over_quota: [{ message: 'Too much.' }] }, at: '12:00' },
    'warn', '4 members fit.'],
  ['a refusal', { kind: 'refused', reasons: [{ message: 'too few racks' }], proved: true }, 'bad', 'This does not fit.'],
  ['a gap', { kind: 'incomplete', problem: 'web: Choose an image.' }, 'wait', 'Not complete yet.'],
  ['an error', { kind: 'error', message: 'no such flavor' }, 'bad', 'That did not work.'],
  ['a question', { kind: 'asking' }, 'wait', 'Planning…'],
];

for (const [name, state, tone, headline] of VERDICTS) {
  test('the verdict on ' + name, () => {
    const said = verdict.words(state);
    assert.equal(said.tone, tone);
    assert.equal(said.headline, headline);
  });
}

test('the strip is left alone while it says the same, so that it is read out once', () => {
  const strip = document.createElement('div');
  verdict.show(strip, { kind: 'error', message: 'x' });
  const first = strip.firstChild;
  verdict.show(strip, { kind: 'error', message: 'x' });
  assert.equal(strip.firstChild, first);
  verdict.show(strip, { kind: 'error', message: 'y' });
  assert.match(strip.textContent, /y/);
});

test('reasons come with what would help', () => {
  const box = reasons.reasons({
    proved: true, reasons: [{ code: 'too-few-domains', message: 'needs 9', suggestion: 'make it soft' }],
  }, {});
  assert.match(box.textContent, /No placement found.*needs 9.*make it soft/s);
});

const CHANGES = [
  { message: 'Make it soft.', edits: [{ field: 'f', value: 'soft' }], steps: [{}] },
  { message: 'Ask for 6 members of “web” in place of 9.', edits: [{ field: 'g', value: 6 }], steps: [{}] },
];

test('each change that would help is a button, once, and a click takes it', () => {
  const taken = [];
  const given = CHANGES.map((change) => {
    return { code: 'c', message: 'm', suggestion: change.message, changes: [change, CHANGES[0]] };
  });
  const act = { change: (change) => taken.push(change.message), again: () => taken.push('again') };
  const box = reasons.reasons({ proved: true, reasons: given }, act);
  assert.deepEqual(texts(box.querySelectorAll('.ens-offer')), CHANGES.map((change) => change.message));
  assert.equal(box.querySelectorAll('.ens-suggestion').length, 0);
  box.querySelectorAll('.ens-offer')[1].click();
  box.querySelector('#ens-again').click();
  assert.deepEqual(taken, [CHANGES[1].message, 'again']);
});

test('a change that the drawing cannot take is told and not offered', () => {
  const changes = [{ ...CHANGES[0], steps: null }];
  const box = reasons.reasons({ proved: true, reasons: [{ code: 'c', message: 'm', changes }] }, {});
  assert.equal(box.querySelectorAll('.ens-offer').length, 0);
  assert.equal(box.querySelector('.ens-suggestion').textContent.trim(), 'Make it soft.');
});

test('what is not decided is not called impossible', () => {
  const state = { kind: 'refused', proved: false, reasons: [{ code: 'not-decided', message: 'time was up' }] };
  assert.match(verdict.words(state).headline, /not decided/);
  assert.equal(verdict.words(state).tone, 'warn');
  assert.match(reasons.reasons(state, {}).textContent, /not proved that there is none/);
});

const OPEN = { name: 'o', label: 'members lost', message: 'm', value: 3, bound: 2, proved: false };
const PROOFS = [
  ['all is proved', { proof: 'No plan is better.', proved: true }, 'good'],
  ['something is open', { objectives: [...PLAN.objectives, OPEN], proof: 'A better may exist.', proved: false }, 'warn'],
  ['what is open is not shown to a project', { proof: 'Not proved.', proved: false }, 'warn'],
];

for (const [name, more, sign] of PROOFS) {
  test('the proof is told as the API says it: ' + name, () => {
    const plan = { ...PLAN, ...more };
    const box = reasons.remarks({ plan, at: '12:00' });
    assert.match(box.querySelector('summary').textContent.trim(), new RegExp('^' + plan.proof));
    assert.ok(box.querySelector('summary .ens-icon-' + sign));
    assert.deepEqual(texts(box.querySelectorAll('tbody th')), plan.objectives.map((one) => one.label));
    assert.equal(box.querySelector('details').open, false);
  });
}

/** The sample's plan with what the API says of the room for r1, r2 and r3, level by level. */
function roomy(fits, rooms) {
  const losses = ['r1', 'r2', 'r3'].map((domain, index) => ({ domain, left: {}, lost: {}, room: rooms[index] }));
  return {
    ...PLAN, survivability: PLAN.survivability.map((item) =>
      (item.level === 'rack' ? { ...item, headroom: { fits, message: 'of any rack' }, losses } : item)),
  };
}

for (const [fits, sign] of [[true, 'good'], [false, 'bad'], [null, 'warn']]) {
  test('whether lost members can be placed again is told as the API says it: ' + fits, () => {
    const plan = roomy(fits, ['one', 'two', 'three'].map((message) => ({ fits, others: 0, message })));
    const table = failures.worst(plan, legend, 'unknown');
    assert.equal(table.querySelector('[data-room=rack]').textContent.trim(), 'of any rack');
    assert.ok(table.querySelector('[data-room=rack] .ens-icon-' + sign));
    assert.match(table.querySelector('[data-room=host]').textContent.trim(), /^not known$/);
    assert.equal(whatIf.afterFailures(plan, legend, new Set(['r1'])).lastChild.textContent, 'one');
  });
}

test('headroom has a column only where somebody asked for it', () => {
  assert.equal(failures.worst(PLAN, legend).querySelectorAll('[data-room]').length, 0);
  assert.match(failures.worst(PLAN, legend, 'asked').querySelector('[data-room=rack]').textContent, /being found out/);
});

test('many domains that fail are not all listed by name', () => {
  const refs = ['a', 'b', 'c', 'd', 'e', 'f'];
  const plan = { ...PLAN, domains: refs.map((ref) => ({ ref, level: 'rack', parent: null, label: 'rack ' + ref })) };
  assert.match(whatIf.afterFailures(plan, legend, new Set(refs)).textContent, /If rack a, rack b, rack c and 3 more fail:/);
});

function page(draft, choices = CHOICES) {
  const legends = tierLegend.legend(draft.tiers);
  const on = {
    draft, catalogue: ensembles.catalog.open(choices), levels: ['host', 'rack', 'zone'], changes: [],
    legend: new Map(draft.tiers.map((tier, index) => [tier.key, legends[index]])),
    sentence: (policy) => ensembles.policyWords.sentence(apiBody.ruleOf(draft, policy)),
  };
  for (const name of ['type', 'change', 'duplicate', 'remove', 'addPolicy', 'typePolicy', 'changePolicy',
    'removePolicy', 'details']) {
    on[name] = (...values) => on.changes.push([name, ...values]);
  }
  return on;
}

test('every field of a card has a label', () => {
  const draft = threeTier(CHOICES);
  const on = page(draft);
  const whole = document.createElement('div');
  whole.append(...draft.tiers.map((tier) => ensembles.tierCard.card(tier, on)), ensembles.frame.between(on));
  const fields = [...whole.querySelectorAll('input, select')];
  assert.ok(fields.length >= 12);
  for (const field of fields) {
    assert.ok(whole.querySelector(`label[for="${field.id}"]`) || field.closest('label'), field.id);
  }
  const ids = [...whole.querySelectorAll('[id]')].map((node) => node.id);
  assert.equal(new Set(ids).size, ids.length);
});

test('the card offers the first page, and the sheet for the rest', () => {
  const choices = { ...CHOICES, images: [{ id: 'i-big', name: 'big', min_ram: 1024, min_disk: 0 }] };
  const values = { flavor: 'f-unlisted', metadata: [['a', 'b']], keyName: 'mine' };
  const draft = drafts.changeTier(newDraft.fresh(choices), 't1', values);
  const on = page(draft, choices);
  const card = ensembles.tierCard.card(draft.tiers[0], on);
  const flavor = card.querySelector('#t1-flavor');
  assert.equal(flavor.selectedOptions[0].textContent, 'f-unlisted', 'not known yet: its id');
  assert.deepEqual([...flavor.options].filter((option) => option.disabled).map((option) => option.value), ['f-tiny']);
  assert.match(texts(flavor.options)[1], /the image needs 1,024 MB of RAM/);
  flavor.value = 'more';
  flavor.dispatchEvent(new window.Event('change'));
  assert.deepEqual(on.changes, [['details', 't1', 'flavor']]);
  assert.equal(flavor.selectedOptions[0].textContent, 'f-unlisted', 'nothing was changed');
  assert.equal(card.querySelector('#t1-server-summary').textContent, 'automatic network · mine · 1 metadata pair');
});

test('a tier on volumes says so, and an image takes their place', () => {
  const draft = drafts.changeTier(newDraft.fresh(CHOICES), 't1', { volumes: ['v-1', 'v-2'] });
  const on = page(draft);
  const image = ensembles.tierCard.card(draft.tiers[0], on).querySelector('#t1-image');
  assert.equal(image.selectedOptions[0].textContent, '2 volumes');
  image.value = 'i-1';
  image.dispatchEvent(new window.Event('change'));
  assert.deepEqual(on.changes, [['change', 't1', { image: 'i-1', volumes: null, rootVolume: null }]]);
});

test('the card tells its page what was changed', () => {
  const draft = newDraft.fresh(CHOICES);
  const on = page(draft);
  const card = ensembles.tierCard.card(draft.tiers[0], on);
  const set = (selector, value, event) => {
    const field = card.querySelector(selector);
    field.value = value;
    field.dispatchEvent(new window.Event(event));
  };
  card.querySelector('#t1-more').click();
  set('#t1-count', '7', 'input');
  set('#t1-count', 'many', 'input');
  set('#t1-flavor', 'f-small', 'change');
  card.querySelector('#t1-duplicate').click();
  assert.deepEqual(on.changes, [
    ['change', 't1', { count: 3 }], ['type', 't1', { count: 7 }], ['type', 't1', { count: null }],
    ['change', 't1', { flavor: 'f-small' }], ['duplicate', 't1'],
  ]);
});

for (const name of HOSTILE) {
  test('a hostile name is shown as text: ' + name.slice(0, 24), () => {
    const choices = { ...CHOICES, images: [{ id: name, name, min_ram: 0, min_disk: 0 }] };
    const draft = newDraft.fresh(choices);
    const shown = page(draft, choices);
    const plan = {
      ...PLAN, domains: PLAN.domains.map((domain) => ({ ...domain, name })),
      violations: [{ policy: 0, level: 'host', message: name }],
    };
    const whole = document.createElement('div');
    whole.append(ensembles.tierCard.card(draft.tiers[0], shown), map.picture(plan, legend, new Set(), () => {}),
      planTable.table(plan), whatIf.afterFailures(plan, legend, new Set(['z1'])),
      reasons.remarks({ plan, at: '12:00' }),
      reasons.reasons({ proved: false, reasons: [{ code: 'c', message: name, suggestion: name }] }, {}));
    assert.equal(whole.querySelectorAll('img, script').length, 0);
    assert.equal(whole.querySelector('#t1-image').selectedOptions[0].textContent, ensembles.dom.visible(name));
    assert.equal(whole.querySelector('.ens-domain-label').textContent, ensembles.dom.visible(name));
    assert.equal(whole.querySelector('.ens-suggestion').textContent.trim(), ensembles.dom.visible(name));
  });
}

test('a problem is shown at its field, or at the button to the sheet that has it, and goes again', () => {
  const draft = newDraft.fresh(CHOICES);
  const whole = document.createElement('div');
  whole.append(ensembles.tierCard.card(draft.tiers[0], page(draft)));
  document.body.append(whole);
  const about = (field, message) => ({ place: { kind: 'tier', key: 't1', field }, message });
  ensembles.fieldErrors.show(whole, [about('flavor', 'no such flavor'), about('keyName', 'no such key')]);
  const field = whole.querySelector('#t1-flavor');
  assert.equal(field.getAttribute('aria-invalid'), 'true');
  assert.equal(document.getElementById(field.getAttribute('aria-describedby')).textContent, 'no such flavor');
  const told = whole.querySelector('#t1-server-error');
  assert.equal(told.textContent, 'no such key');
  assert.ok(whole.querySelector('#t1-server').getAttribute('aria-describedby').split(' ').includes(told.id));
  ensembles.fieldErrors.focus([about('keyName', 'no such key')]);
  assert.equal(document.activeElement.id, 't1-server');
  ensembles.fieldErrors.show(whole, []);
  assert.equal(field.hasAttribute('aria-invalid'), false);
  assert.equal(told.hidden, true);
  whole.remove();
});

const SCRIPTS = fs.readdirSync(FOLDER, { recursive: true }).filter((name) => name.endsWith('.js'));

test('every sign that is used is drawn', () => {
  for (const name of SCRIPTS) {
    const source = fs.readFileSync(path.join(FOLDER, name), 'utf8');
    for (const [, sign] of source.matchAll(/\bicon\('([\w-]+)'\)|sign: '([\w-]+)'/g)) {
      if (sign) { assert.ok(sign in ensembles.icons.LINES, name + ': ' + sign); }
    }
  }
});

test('no script writes HTML, evaluates text or is too large', () => {
  const sources = SCRIPTS.map((name) => fs.readFileSync(path.join(FOLDER, name), 'utf8'));
  assert.ok(sources.length >= 17);
  assert.ok(sources.join('').length < 500000);
  for (const source of sources) {
    assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function|document\.write/);
  }
});
