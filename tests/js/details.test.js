// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, document } = require('./scripts.js');
const { HOSTILE } = require('./samples.js');
const { NOW, ensemble, current } = require('./details_samples.js');
const { open, settle, beat, went, asked, beats } = require('./details_page.js');

test('while it builds, members light up, the focus stays, and at the end nothing more is asked', async () => {
  const answers = {};
  const part = open(ensemble('BUILDING', ['ACTIVE', 'BUILDING', 'RESERVED', 'RESERVED']), answers);
  assert.equal(part('sentence').textContent, 'BUILDING ACTIVE BUILDING RESERVED RESERVED');
  assert.match(part('steps').textContent, /Reserve all capacity \(done\).*Build the servers \(now\).*Active \(to come\)/);
  assert.match(part('time').textContent, /^for 2\d s$/); // a busy machine is slower
  assert.equal(part('bar').querySelectorAll('.ens-part.is-active').length, 1);
  assert.equal(part('picture').querySelectorAll('.ens-member.is-active').length, 1);
  assert.equal(document.querySelector('[data-act=cancel]').hidden, false);
  const rack = part('picture').querySelector('[data-ref=r2]');
  rack.click();
  rack.focus();
  assert.match(part('whatIf').textContent, /If rack B fails/);

  answers['/state/'] = { now: NOW, ensemble: ensemble('BUILDING', ['ACTIVE', 'ACTIVE', 'BUILDING', 'RESERVED']) };
  assert.equal(await beat(), 2000);
  assert.equal(part('sentence').textContent, 'BUILDING ACTIVE ACTIVE BUILDING RESERVED');
  assert.equal(part('picture').querySelectorAll('.ens-member.is-active').length, 2);
  assert.equal(document.activeElement, rack, 'the focus stays');
  assert.equal(rack.getAttribute('aria-pressed'), 'true', 'what fails stays');
  await beat();
  assert.equal(await beat(), 2500, 'slower while nothing changes');

  const done = ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']);
  done.events = [...done.events, { at: '2026-11-22T12:00:15Z', type: 'ACTIVE', message: 'All members are ACTIVE.' }];
  answers['/state/'] = { now: NOW, ensemble: done };
  answers['/now/'] = { survivability: current({ violations: [] }) };
  await beat();
  assert.deepEqual(beats, [], 'no more questions');
  assert.equal(part('time').textContent, 'built in 15 s');
  assert.equal(part('steps').textContent, '');
  assert.equal(document.querySelector('[data-act=remove]').hidden, false);
});

test('what differs from the plan is told with its price, and the promises that no longer hold', async () => {
  const part = open(ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']), { '/now/': { survivability: current() } });
  await settle();
  assert.equal(part('sentence').textContent, '3 of 4 members run where they were planned.');
  const told = part('differences').textContent;
  assert.match(told, /web-1 is now in rack C; planned was rack B\./);
  assert.match(told, /The loss of rack C now leaves 1 of 3 of web; as planned, 2 would be left\./);
  assert.match(told, /A promise does not hold: No two web on a host\./);
  assert.doesNotMatch(told, /should be in one zone/, 'a soft policy that was never met is no difference');
  const holds = [...part('policies').querySelectorAll('li')].map((rule) => rule.dataset.holds);
  assert.deepEqual(holds, ['false', 'false', 'false']);
  assert.match(part('policies').textContent, /Not kept \(a host holds two of web\)\..*1 of web is left, and 2 are needed\./);
  assert.match(part('as-of').textContent, /^As Nova has it at .*Look again$/);
  assert.equal(part('picture').querySelectorAll('[data-ref=h2]').length, 0, 'a host that is left is not shown');
  const row = part('members').querySelector('[data-member=web-1]').textContent;
  assert.match(row, /rack C\s*planned: rack B/);
});

test('only what Nova was seen to have is green, and nothing while a promise is broken', async () => {
  const active = ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE'], {
    survives: [{ level: 'host', level_label: 'host', state: 'works', label: 'works', ends: [], short: [] }],
  });
  const sign = (part) => part('sign').querySelector('svg').getAttribute('class');
  const part = open(active, { '/now/': [500, { error: { message: 'No.' } }] });
  await settle();
  assert.match(sign(part), /less/);
  assert.equal(part('survives').textContent, 'After the loss of any one host: works');
  assert.equal(part('policies').querySelectorAll('.ens-good').length, 0);
  assert.match(part('policies').textContent, /holds as planned/);
  assert.ok(!document.querySelector('#ens-details[data-holds], [data-differs]'));

  const fine = {
    members: current().members.map((one) => ({ ...one, domains: one.planned, moved: false })), differences: [], costs: [],
  };
  const degraded = { level_label: 'host', state: 'degraded', label: 'degraded', ends: [], short: ['web'] };
  const levels = [{ ...current().levels[0], ...degraded }];
  const seen = open(active, { '/now/': { survivability: current({ ...fine, levels, violations: [], as_planned: true }) } });
  await settle();
  assert.match(sign(seen), /good/);
  assert.equal(seen('survives').textContent, 'After the loss of any one host: degraded');
  assert.ok(document.querySelector('#ens-details[data-holds]'));

  const broken = open(active, { '/now/': { survivability: current({ ...fine, levels }) } });
  await settle();
  assert.match(sign(broken), /warn/);
  assert.match(broken('differences').textContent, /A promise does not hold/);
  assert.ok(document.querySelector('[data-differs]'));
});

test('a member\'s addresses are in its row, each with its network at hand', async () => {
  const part = open(ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']), { '/now/': { survivability: current() } });
  const cell = (name) => part('members').querySelector(`[data-member=${name}] [data-label=Addresses]`);
  assert.equal(cell('web-1').textContent, '–', 'nobody has asked Nova yet');
  await settle();
  assert.deepEqual([...cell('web-1').querySelectorAll('li')].map((one) => [one.textContent, one.title]),
    [['10.0.0.7', 'front'], ['2001:db8::7', HOSTILE[0]]]);
  assert.equal(cell('web-0').textContent, '–');
});

test('a member that is not built as its tier is now says so, with the way out beside it', () => {
  const shown = ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE'], { settled: true });
  shown.members[1].outdated = true;
  const part = open(shown, {}, { changeUrl: '/change/' });
  const row = (name) => part('members').querySelector(`[data-member=${name}]`);
  assert.match(row(shown.members[1].name).textContent, /Outdated: .*Replace it/);
  assert.ok(row(shown.members[1].name).querySelector('[data-key^=replace-]'));
  assert.doesNotMatch(row(shown.members[0].name).textContent, /Outdated/);
});

test('members sort by each heading, and back', async () => {
  const part = open(ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']), { '/now/': { survivability: current() } });
  await settle();
  const order = () => [...part('members').querySelectorAll('[data-member]')].map((row) => row.dataset.member).join(' ');
  assert.equal(order(), 'db-0 web-0 web-1 web-2');
  part('members').querySelector('[data-key=sort-member]').click();
  assert.equal(order(), 'web-2 web-1 web-0 db-0');
  part('members').querySelector('[data-key=sort-rack]').focus();
  part('members').querySelector('[data-key=sort-rack]').click();
  assert.equal(order(), 'web-0 db-0 web-1 web-2');
  assert.equal(document.activeElement.dataset.key, 'sort-rack', 'the heading keeps the focus');
  assert.equal(part('members').querySelector('[aria-sort=ascending]').textContent, 'Rack▲');
});

test('a server that is gone or in error is told at its member, with Nova’s reason', async () => {
  const kinds = ['gone', 'cut-off', 'down'].map((kind) => ({ member: 'web-0', kind, message: HOSTILE[0] + kind }));
  const lost = current({ promises: [], violations: [], differences: kinds });
  lost.members[0] = { ...lost.members[0], status: null, server_id: null, domains: {} };
  lost.members[2] = { ...lost.members[2], running: false };
  lost.members[3] = { ...lost.members[3], status: 'ERROR', fault: HOSTILE[0] };
  const part = open(ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']), { '/now/': { survivability: lost } });
  await settle();
  assert.match(part('members').querySelector('[data-member=web-0]').textContent, /Gone: Nova has no such server/);
  assert.match(part('members').querySelector('[data-member=db-0]').textContent, /Error<img src=x/);
  assert.match(part('members').querySelector('[data-member=web-2]').textContent, /Active, but its host is down/);
  assert.match(part('differences').textContent,
    /<img.*gone.*<img.*cut-off.*<img.*down/);
  assert.equal(document.querySelectorAll('img').length, 0);
});

test('without an answer about the current state the page shows the plan and says so', async () => {
  const part = open(ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']),
    { '/now/': [500, { error: { message: 'No such thing.' } }] });
  await settle();
  assert.match(part('as-of').textContent, /As planned\..*No such thing\. Look again/);
  assert.equal(part('sentence').textContent, 'ACTIVE ACTIVE ACTIVE ACTIVE ACTIVE');
  assert.equal(part('picture').querySelectorAll('.ens-member').length, 4);
});

test('an ensemble whose promises do not hold says which, and is compared with its plan', async () => {
  const degraded = ensemble('DEGRADED', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE'], {
    degraded: { since: '2026-11-22T12:00:00Z', reasons: [
      { code: 'degraded.gone', message: 'web-1 is gone: ' + HOSTILE[0] },
      { code: 'degraded.policy', message: 'Now: 1 too many.' },
    ] },
  });
  const part = open(degraded, { '/now/': { survivability: current() } });
  await settle();
  assert.match(part('fault').textContent, /What does not hold now:web-1 is gone: <img src=x.*Now: 1 too many\..*Since /);
  assert.equal(document.querySelectorAll('img').length, 0);
  assert.equal(document.querySelector('[data-act=remove]').hidden, false);
  assert.match(part('as-of').textContent, /As Nova has it at/);
  assert.equal(part('sign').querySelector('svg') !== null, true);
});

test('an ensemble that failed says why, at which member, and what to do', () => {
  const failed = ensemble('ERROR', ['DELETED', 'DELETED', 'DELETED', 'DELETED'], {
    fault: { member: 'web-1', message: 'Not built: ' + HOSTILE[0], reasons: [{ message: 'a', suggestion: 'b' }] },
    domains: [], survivability: [], survives: [],
  });
  failed.members = failed.members.map((one) => ({ ...one, domains: {} }));
  const part = open(failed, {});
  assert.match(part('fault').textContent, /What went wrong: Not built: <img src=x.*a b.*What to do:/);
  assert.match(part('members').querySelector('[data-member=web-1]').textContent, /Failed, and removed again.*<img/);
  assert.doesNotMatch(part('members').querySelector('[data-member=web-2]').textContent, /Failed/);
  assert.equal(document.querySelectorAll('img').length, 0);
  assert.equal(document.querySelector('#ens-details').hasAttribute('data-placed'), false);
  assert.deepEqual(beats, [], 'nothing is asked');
});

test('what turns the direction of writing is shown as what it is, and turns nothing beside it', () => {
  const shown = ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']);
  Object.assign(shown.tiers[0].server, { tags: ['a\u202egpj.exe', '\u05d0\u200f'], metadata: { key: '\u2066value' } });
  const text = open(shown, {})('tiers');
  assert.doesNotMatch(text.textContent, /[\u202a-\u202e\u2066-\u2069]/);
  const apart = [...text.querySelectorAll('bdi')].map((one) => one.textContent);
  for (const value of ['a\\u202egpj.exe', '\u05d0\u200f', 'key', '\\u2066value']) {
    assert.ok(apart.includes(value), value);
  }
});

test('the headings of levels have a capital letter as all others', () => {
  const part = open(ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']), {});
  const headings = [...part('members').querySelectorAll('th[scope=col]')].map((one) => one.textContent);
  assert.deepEqual(headings.filter((text) => !/^\p{Lu}/u.test(text)), []);
});

test('a date of the server is written as the dates of the script', () => {
  const node = ensembles.dom.el('time', { datetime: NOW }, 'Nov. 22, 2026, noon');
  ensembles.time.rewrite(node);
  assert.equal(node.textContent, ensembles.formats.exact(NOW));
});

test('a dashboard that is away is asked again, ever later, and a session that ended can be renewed', async () => {
  const answers = {};
  const part = open(ensemble('BUILDING', ['ACTIVE', 'BUILDING', 'RESERVED', 'RESERVED']), answers);
  await beat();
  assert.match(part('trouble').textContent, /No news at the moment: The dashboard does not answer/);
  assert.equal(await beat(), 4000);
  assert.equal(await beat(), 8000);
  answers['/state/'] = [401, null];
  await beat();
  assert.match(part('trouble').textContent, /Your session has ended/);
  assert.equal(part('trouble').querySelector('a').getAttribute('href'), '/login/?next=%2Fhere%2F');
  assert.deepEqual(beats, [], 'it does not knock on a closed door');
  answers['/state/'] = { now: NOW, ensemble: ensemble('BUILDING', ['ACTIVE', 'ACTIVE', 'RESERVED', 'RESERVED']) };
  part('trouble').querySelector('[data-key=again]').click();
  await settle();
  assert.equal(part('trouble').textContent, '');
  assert.equal(beats.length, 1, 'it goes on');
});

test('a hidden tab asks nothing until it is seen again', async () => {
  const answers = { '/state/': { now: NOW, ensemble: ensemble('BUILDING', ['ACTIVE', 'ACTIVE', 'RESERVED', 'RESERVED']) } };
  const part = open(ensemble('BUILDING', ['ACTIVE', 'BUILDING', 'RESERVED', 'RESERVED']), answers);
  Object.defineProperty(document, 'hidden', { configurable: true, value: true });
  await beat();
  assert.deepEqual(asked, []);
  Object.defineProperty(document, 'hidden', { configurable: true, value: false });
  document.dispatchEvent(new document.defaultView.Event('visibilitychange'));
  await settle();
  assert.ok(asked.length > 0);
  assert.equal(part('sentence').textContent, 'BUILDING ACTIVE ACTIVE RESERVED RESERVED');
});

test('many events are folded, newest first, and unfold', () => {
  const list = Array.from({ length: 30 }, (_, index) => (
    { at: '2026-11-22T12:00:' + String(index).padStart(2, '0') + 'Z', type: 'x', message: 'event ' + index }));
  const part = open(ensemble('ERROR', ['DELETED', 'DELETED', 'DELETED', 'DELETED'], { events: list }), {});
  const told = () => [...part('events').querySelectorAll('.ens-event-words')].map((node) => node.textContent);
  assert.deepEqual(told().slice(0, 2), ['event 29', 'event 28']);
  assert.equal(told().length, 8);
  part('events').querySelector('button').click();
  assert.equal(told().length, 30);
  assert.equal(part('events').querySelector('button').textContent, 'Show only the newest');
});

test('an ensemble without members or events yet has a page too', () => {
  const part = open(ensemble('RESERVING', [], {
    policies: [], violations: [], members: [], domains: [], survivability: [], survives: [], events: [],
    progress: { active: 0, done: 0, total: 0, message: 'None yet.' },
  }), {});
  assert.equal(part('sentence').textContent, 'None yet.');
  assert.match(part('policies').textContent, /Nothing was asked for/);
  assert.match(part('events').textContent, /Nothing has happened yet/);
});

/** The question that is open: its words, its buttons, and what went wrong. */
function question() {
  const asks = document.querySelector('.ens-dialog');
  return asks && {
    text: asks.querySelector('p').textContent, trouble: asks.querySelector('[role=alert]').textContent,
    buttons: [...asks.querySelectorAll('button')].map((each) => each.textContent),
    press: (index) => { asks.querySelectorAll('button')[index].click(); return settle(); },
  };
}

test('the question whether to cancel follows the build, and ends with it', async () => {
  const answers = { '/state/': { now: NOW, ensemble: ensemble('BUILDING', ['ACTIVE', 'ACTIVE', 'BUILDING', 'RESERVED']) } };
  open(ensemble('BUILDING', ['ACTIVE', 'BUILDING', 'RESERVED', 'RESERVED']), answers);
  document.querySelector('[data-act=cancel]').click();
  assert.match(question().text, /^1 of 4 servers are there already/);
  assert.deepEqual(asked, [['GET', '/state/']], 'what the page knows may be old');
  await settle();
  assert.match(question().text, /^2 of 4 servers are there already/);
  answers['/state/'] = { now: NOW, ensemble: ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']) };
  answers['/now/'] = { survivability: current() };
  await beat();
  assert.match(question().text, /^The build has ended/);
  assert.deepEqual(question().buttons, ['Close']);
  await question().press(0);
  assert.equal(question(), null);
  await beat();
  assert.deepEqual(beats, [], 'without a question nothing more is asked');
});

test('the question whether to cancel a change says what that undoes, and ends when it can be undone no more', async () => {
  const four = ['ACTIVE', 'ACTIVE', 'ACTIVE', 'BUILDING'];
  const changing = (more) => ({ ...ensemble('ACTIVE', four), operation: { type: 'change', cancellable: true, ...more } });
  const answers = { '/state/': { now: NOW, ensemble: changing() }, '/now/': { survivability: current() } };
  open(changing(), answers);
  document.querySelector('[data-act=cancel]').click();
  assert.match(question().text, /^What it has added is removed again/);
  assert.deepEqual(question().buttons, ['Go on', 'Cancel the change']);
  answers['/state/'] = { now: NOW, ensemble: changing({ cancellable: false }) };
  await settle();
  await beat();
  assert.match(question().text, /^The change can be cancelled no more/);
  assert.deepEqual(question().buttons, ['Close']);
});

test('a release says that the servers stay, and the table then says the same', async () => {
  const four = ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE'];
  const built = ensemble('ACTIVE', four, { settled: true });
  const refused = [409, { error: { message: 'Something else is done with the ensemble now; wait for it.' } }];
  const answers = {
    '/state/': { now: NOW, ensemble: built }, '/now/': { survivability: current() }, '/release/': refused,
  };
  open(built, answers);
  document.querySelector('[data-act=release]').click();
  assert.match(question().text, /^Its 4 servers go on as they are, as plain servers\./);
  await settle();
  await question().press(1);
  assert.match(question().trouble, /Something else is done/);
  answers['/state/'] = [404, { error: { message: 'none' } }];
  await beat();
  assert.deepEqual(went.splice(0), ['/gone/'], 'it was refused: somebody else has removed it');
  answers['/state/'] = { now: NOW, ensemble: built };
  open(built, answers);
  document.querySelector('[data-act=release]').click();
  await settle();
  Object.assign(answers, { '/release/': { id: 'e1' } });
  await question().press(1);
  await settle();
  assert.deepEqual(went.splice(0), ['/released/']);
});

test('what was there before its ensemble is deleted with it, and the question says how it is not', () => {
  open(ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE'], { adopted: true }), {});
  document.querySelector('[data-act=remove]').click();
  assert.match(question().text, /They were there before it: a release leaves them as they are\.$/);
});

test('a cancel that comes too late is refused in its own words, and nothing is deleted', async () => {
  const answers = { '/cancel/': [409, { error: { message: 'There is no build to cancel.' } }] };
  open(ensemble('BUILDING', ['ACTIVE', 'BUILDING', 'RESERVED', 'RESERVED']), answers);
  document.querySelector('[data-act=cancel]').click();
  await settle();
  await question().press(1);
  assert.match(question().trouble, /There is no build to cancel\./);
  assert.deepEqual(asked.filter(([method]) => method === 'POST'), [['POST', '/cancel/']]);
});

test('the question whether to delete says what is left to delete, and ends when it is under way', async () => {
  const answers = {};
  const gone = (status) => ensemble(status, ['DELETED', 'DELETED', 'DELETED', 'ACTIVE']);
  open(gone('ROLLING_BACK'), answers);
  answers['/state/'] = { now: NOW, ensemble: gone('ERROR') };
  document.querySelector('[data-act=remove]').click();
  assert.match(question().text, /is being removed already/);
  await settle();
  assert.match(question().text, /Only its record is left/);
  answers['/state/'] = { now: NOW, ensemble: gone('DELETING') };
  await beat();
  assert.match(question().text, /It is being deleted already/);
  assert.deepEqual(question().buttons, ['Close']);
});
