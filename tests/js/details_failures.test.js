// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, document } = require('./scripts.js');
const { HOSTILE } = require('./samples.js');
const { NOW, ensemble, current } = require('./details_samples.js');
const { open, settle, asked } = require('./details_page.js');

const FOUR = ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE'];

/** Rack C is down with web-1 and web-2, and one of web is left; more: what is otherwise of the failure. */
function failed(more) {
  const found = current({
    failures: [{
      domain: 'r3', level: 'rack', title: 'rack C in ' + HOSTILE[0], since: '2026-11-22T12:00:02Z',
      members: ['web-1', 'web-2'], message: '2 servers are down: rack C has lost contact.', ...more,
    }],
  });
  found.members = found.members.map((one) => ({ ...one, running: one.domains.rack !== 'r3' }));
  return found;
}

function degraded(more) {
  return ensemble('DEGRADED', FOUR, {
    degraded: { since: NOW, reasons: [{ code: 'degraded.cut-off', message: 'Two are cut off.' }] },
    observed_at: '2026-11-22T12:00:05Z', ...more,
  });
}

test('a failure is told with its place struck through, since when, and what became of the promise', async () => {
  const part = open(degraded(), { '/now/': { survivability: failed() } });
  await settle();
  const said = part('failed').querySelector('[data-failure=r3]');
  const at = ensembles.formats.clock('2026-11-22T12:00:02Z');
  assert.equal(said.querySelector('strong').textContent,
    `2 servers are down: rack C in ${HOSTILE[0]} lost contact at ${at}.`);
  assert.equal(said.querySelector('s').textContent, 'rack C in ' + HOSTILE[0]);
  assert.equal(said.querySelector('[aria-live=off] time').textContent, '18 seconds ago');
  assert.match(said.textContent, /web-1, web-2$/);
  assert.equal(document.querySelectorAll('img').length, 0);
  const promise = part('failed').querySelector('.ens-promise');
  assert.match(promise.textContent, /Promise broken \(any 1 rack may fail\): 1 of web run, and 2 are needed\./);
});

test('who is lost is told once, and beside it what does not hold meanwhile', async () => {
  const lost = { code: 'degraded.cut-off', message: 'Two are cut off.' };
  const broken = { code: 'degraded.policy', message: 'Keep apart. Now: 1 too many.' };
  let part = open(degraded(), { '/now/': { survivability: failed() } });
  await settle();
  assert.equal(part('fault').hidden, true);
  part = open(degraded({ degraded: { since: NOW, reasons: [lost, broken] } }), { '/now/': { survivability: failed() } });
  await settle();
  assert.match(part('fault').textContent, /^What does not hold meanwhile:Keep apart\. Now: 1 too many\.Since /);
});

test('a promise that held says so, and that one more failure would break it', async () => {
  const held = failed({ domain: 'r1', members: ['web-0', 'db-0'] });
  held.members = held.members.map((one) => ({ ...one, running: one.domains.rack !== 'r1' }));
  const part = open(degraded(), { '/now/': { survivability: held } });
  await settle();
  assert.match(part('failed').querySelector('.ens-promise-good').textContent,
    /Promise kept \(any 1 rack may fail\): 2 of web run, and 2 are needed\. One more failure would break it\./);
});

test('of what failed before anybody looked the time is not told', async () => {
  const part = open(degraded(), { '/now/': { survivability: failed({ since: null }) } });
  await settle();
  assert.equal(part('failed').querySelector('strong').textContent, '2 servers are down: rack C has lost contact.');
  assert.equal(part('failed').querySelector('time'), null);
});

test('the picture shows what is down with all that is in it, and the members that are lost', async () => {
  const part = open(degraded(), { '/now/': { survivability: failed() } });
  await settle();
  const down = [...part('picture').querySelectorAll('.is-down > button')].map((one) => one.dataset.ref);
  assert.deepEqual(down, ['r3', 'h3']);
  assert.match(part('picture').querySelector('[data-ref=r3] .ens-domain-label').textContent, /rack C \(down\)$/);
  assert.match(part('picture').querySelector('[data-ref=r3]').title, /is down\./);
  const lost = [...part('picture').querySelectorAll('.ens-member.is-lost')].map((one) => one.dataset.member);
  assert.deepEqual(lost.sort(), ['web-1', 'web-2']);
});

test('failure, repair and healing arrive on the open page, and Nova is asked for only when it was looked at', async () => {
  const whole = ensemble('ACTIVE', FOUR, { observed_at: '2026-11-22T12:00:00Z' });
  const answers = { '/state/': { now: NOW, ensemble: whole }, '/now/': { survivability: current({ failures: [] }) } };
  const part = open(whole, answers);
  await settle();
  assert.equal(part('failed').hidden, true);
  document.dispatchEvent(new document.defaultView.Event('visibilitychange')); // as each look does
  await settle();
  asked.length = 0;

  answers['/now/'] = { survivability: failed() };
  const repair = { id: 'o1', type: 'repair', type_label: 'Repair', status: 'RUNNING' };
  const progress = { active: 4, removed: 0, done: 1, total: 2, message: '1 of 2 members runs again.' };
  answers['/state/'] = { now: NOW, ensemble: degraded({ operation: repair, progress, settled: false }) };
  document.dispatchEvent(new document.defaultView.Event('visibilitychange'));
  await settle();
  assert.ok(asked.some(([, url]) => url === '/now/'));
  assert.match(part('failed').textContent, /2 servers are down/);
  assert.match(part('operation').textContent, /Repair 1 of 2 members runs again\./);
  const bar = part('operation').querySelector('[role=progressbar]');
  assert.equal(bar.getAttribute('aria-valuenow') + '/' + bar.getAttribute('aria-valuemax'), '1/2');

  // The repair has ended, and nobody has looked at Nova since.
  answers['/state/'] = { now: NOW, ensemble: degraded({ settled: true }) };
  document.dispatchEvent(new document.defaultView.Event('visibilitychange'));
  await settle();
  assert.match(part('operation').textContent, /That has ended; Nova is about to be looked at again\./);
  assert.equal(document.querySelector('[data-act=repair]').hidden, true);

  answers['/now/'] = { survivability: current({ failures: [], as_of: '2026-11-22T12:00:22Z' }) };
  answers['/state/'] = { now: NOW, ensemble: ensemble('ACTIVE', FOUR, {
    observed_at: '2026-11-22T12:00:22Z', events: [
      { at: '2026-11-22T12:00:02Z', type: 'promise lost', message: 'Degraded: one. ' + HOSTILE[0] },
      { at: '2026-11-22T12:00:05Z', type: 'promise lost', message: 'Degraded: two.' },
      { at: '2026-11-22T12:00:17Z', type: 'promise regained', message: 'x' },
    ],
  }) };
  document.dispatchEvent(new document.defaultView.Event('visibilitychange'));
  await settle();
  assert.equal(part('failed').hidden && part('operation').hidden, true);
  const at = ensembles.formats.clock('2026-11-22T12:00:17Z');
  assert.equal(part('healed').querySelector('strong').textContent,
    `What was promised holds again since ${at}, after 15 s.`);
  // What it was is told too: it may have come and gone between two looks of the page.
  const clock = (second) => ensembles.formats.clock(`2026-11-22T12:00:${second}Z`);
  assert.deepEqual([...part('healed').querySelectorAll('li')].map((one) => one.textContent),
    [`${clock('02')} Degraded: one. ${HOSTILE[0]}`, `${clock('05')} Degraded: two.`]);
  assert.equal(document.querySelectorAll('img').length, 0);
});

test('that it is over is told for a while, of the last time alone', () => {
  const { regained } = ensembles.detailsFailures;
  const event = (at, type) => ({ at: `2026-11-22T${at}Z`, type });
  const events = [
    event('09:00:00', 'promise lost'), event('09:30:00', 'promise regained'), event('10:00:00', 'promise lost'),
    event('10:00:03', 'web-0 moved'), event('10:01:00', 'promise regained'), event('10:02:00', 'web-0 moved'),
  ];
  const at = (time) => Date.parse(`2026-11-22T${time}Z`);
  assert.deepEqual(regained({ status: 'ACTIVE', events }, at('10:05:00')),
    { at: '2026-11-22T10:01:00Z', took: 60000, lost: [events[2]] });
  assert.equal(regained({ status: 'ACTIVE', events }, at('10:17:00')), null);
  assert.equal(regained({ status: 'DEGRADED', events }, at('10:05:00')), null);
  assert.equal(regained({ status: 'ACTIVE', events: events.slice(0, 3) }, at('10:05:00')), null);
  assert.equal(regained({ status: 'ACTIVE', events: events.slice(4) }, at('10:05:00')).took, null);
  assert.equal(regained({ status: 'ACTIVE' }, at('10:05:00')), null);
});

test('a repair is previewed before it is asked for, and is offered only while a member is lost', async () => {
  const preview = {
    message: 'A repair places 1 member again.', lost: ['web-1'], fits: true, unmet: [{ policy: 0, message: HOSTILE[0] }],
    reasons: [], left: [{ member: 'web-2', message: 'There is no room.' }],
    moves: [{ member: 'web-1', lost: true, domains: { host: 'h2', rack: 'r2', zone: 'z1' } }],
    domains: current().domains.concat([
      { ref: 'r2', level: 'rack', parent: 'z1', label: 'rack B' },
      { ref: 'h2', level: 'host', parent: 'r2', label: 'host B' },
    ]),
  };
  const answers = {
    '/now/': { survivability: failed() }, '/repair/': { repair: preview },
    '/state/': { now: NOW, ensemble: degraded({ settled: true }) },
  };
  open(degraded({ settled: true }), answers);
  const button = document.querySelector('[data-act=repair]');
  assert.equal(button.hidden, true, 'nobody has looked yet');
  await settle();
  assert.equal(button.hidden, false);
  button.click();
  await settle();
  const dialog = document.querySelector('.ens-dialog');
  assert.equal(dialog.querySelector('h2').textContent, 'Repair “shop”?');
  assert.match(dialog.textContent, /A repair places 1 member again\./);
  assert.equal(dialog.querySelector('[data-member=web-1]').textContent, 'web-1 to zone A / rack B / host B');
  assert.match(dialog.textContent, /web-2: There is no room\./);
  assert.equal(document.querySelectorAll('img').length, 0);
  dialog.querySelector('.btn-primary').click();
  await settle();
  assert.deepEqual(asked.filter(([method]) => method === 'POST'), [['POST', '/repair/']]);
  assert.equal(document.querySelector('.ens-dialog'), null);

  answers['/repair/'] = [409, { error: { message: 'No member is lost.' } }];
  button.click();
  await settle();
  assert.match(document.querySelector('[data-live=trouble]').textContent, /No member is lost\./);
});
