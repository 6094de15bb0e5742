// SPDX-License-Identifier: Apache-2.0
'use strict';
/* What was done with an ensemble and what is under way, on its page. */
const test = require('node:test');
const assert = require('node:assert/strict');
const { document } = require('./scripts.js');
const { HOSTILE } = require('./samples.js');
const { NOW, ensemble, current } = require('./details_samples.js');
const { open, settle, beat, askedOperations } = require('./details_page.js');

function operation(id, status, more) {
  return {
    id, type: 'create', type_label: 'Create', status, status_label: status.toLowerCase(), asked_by: HOSTILE[0],
    cancellable: false, started_at: '2026-11-22T12:00:00Z', ended_at: '2026-11-22T12:00:09Z', reason: null, ...more,
  };
}

const RUNNING = operation('o2', 'RUNNING', { ended_at: null, cancellable: true });
const building = () => ensemble('BUILDING', ['ACTIVE', 'BUILDING', 'RESERVED', 'RESERVED']);
const rows = (part) => [...part('operations').querySelectorAll('tbody tr')].map((row) => row.dataset.operation);

test('what is under way is told with how far it is, and can be cancelled', async () => {
  const part = open(building(), { '/operations/': { operations: [RUNNING], next: null } });
  assert.match(part('operations').textContent, /Loading/);
  await settle();
  const said = part('operations').textContent;
  assert.match(said, /Create.*running.*BUILDING ACTIVE BUILDING/);
  assert.ok(said.includes(HOSTILE[0]), 'as text');
  assert.match(said, /under way/);
  part('operations').querySelector('button').click();
  assert.match(document.querySelector('.ens-dialog').textContent, /Cancel the build of “shop”\?/);
  document.querySelector('.ens-dialog').remove();
});

test('what cannot be cancelled any more has no button, and what went wrong is told', async () => {
  const failed = operation('o1', 'FAILED', { reason: { code: 'x', message: 'Nova refused web-2.' } });
  const part = open(ensemble('ERROR', ['DELETED', 'DELETED', 'DELETED', 'ERROR']),
    { '/operations/': { operations: [failed], next: null } });
  await settle();
  assert.match(part('operations').textContent, /Nova refused web-2\./);
  assert.equal(part('operations').querySelectorAll('button').length, 0);
  assert.equal(part('operations').querySelectorAll('.ens-bad').length, 1);
});

test('older ones are there when somebody wants them, and stay when the newest are asked for again', async () => {
  const answers = {
    '/operations/': { operations: [operation('o3', 'SUCCEEDED')], next: 'o3' },
    '/operations/?marker=o3': { operations: [operation('o1', 'SUCCEEDED')], next: null },
  };
  const part = open(building(), answers);
  await settle();
  part('operations').querySelector('[data-key=older-operations]').click();
  await settle();
  assert.deepEqual(rows(part), ['o3', 'o1']);
  assert.equal(part('operations').querySelector('[data-key=older-operations]'), null);
  answers['/operations/'] = { operations: [RUNNING, operation('o3', 'SUCCEEDED')], next: 'o3' };
  answers['/state/'] = { now: NOW, ensemble: ensemble('DELETING', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']) };
  await beat();
  assert.deepEqual(rows(part), ['o2', 'o3', 'o1'], 'a new status brings what is under way');
});

test('nothing recorded and nothing answered are told apart', async () => {
  const answers = { '/operations/': { operations: [], next: null } };
  const part = open(building(), answers);
  await settle();
  assert.equal(part('operations').textContent, 'No operation is recorded.');
  answers['/operations/'] = [503, { error: { message: 'Away for a moment.' } }];
  const other = open(building(), answers);
  await settle();
  assert.match(other('operations').textContent, /Away for a moment\./);
  assert.equal(askedOperations.length, 1);
});

test('what began and ended between two looks is listed too', async () => {
  const answers = {
    '/operations/': { operations: [operation('o1', 'SUCCEEDED')], next: null }, '/now/': { survivability: current() },
  };
  const active = (updated) => ensemble('ACTIVE', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE'],
    { settled: true, updated_at: updated });
  const part = open(active('2026-11-22T12:00:10Z'), answers);
  const look = async (updated) => {
    answers['/state/'] = { now: NOW, ensemble: active(updated) };
    document.dispatchEvent(new document.defaultView.Event('visibilitychange'));
    await settle();
  };
  await settle();
  answers['/operations/'] = { operations: [operation('o2', 'SUCCEEDED'), operation('o1', 'SUCCEEDED')], next: null };
  await look('2026-11-22T12:00:10Z');
  assert.deepEqual(rows(part), ['o1'], 'nothing was written since');
  await look('2026-11-22T12:00:14Z');
  assert.deepEqual(rows(part), ['o2', 'o1']);
});
