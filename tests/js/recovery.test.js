// SPDX-License-Identifier: Apache-2.0
'use strict';
/* What is done by itself after a failure: the fields of the drawing, and what is wrong with them. */
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, document, window } = require('./scripts.js');
const { CHOICES } = require('./samples.js');

const { recovery, draftFaults, newDraft, stepLabels } = ensembles;
const part = (name) => document.getElementById('ens-recovery-' + name);

/** The fields as the page has them; changes gathers what is told. */
function opened() {
  const { el } = ensembles.dom;
  const select = (name, values) =>
    el('select', { id: 'ens-recovery-' + name }, values.map((value) => el('option', { value })));
  const count = (name) => el('div', { class: 'form-group' }, el('input', { type: 'number', id: 'ens-recovery-' + name }));
  document.body.replaceChildren(el('div', { id: 'ens-recovery-rows' },
    select('mode', ['manual', 'auto']), count('delay'), count('at_once'),
    select('locked', ['evacuate', 'leave']), select('rebalance', ['manual', 'auto']),
    select('reserve', [''])));
  const changes = [];
  const levels = ['host', 'rack'];
  return { changes, show: recovery.open('ens-recovery-rows', (wanted) => changes.push(wanted), levels) };
}

function put(name, value) {
  part(name).value = value;
  part(name).dispatchEvent(new window.Event('input', { bubbles: true }));
}

test('what is not said is shown as it holds, and how long and how many is asked where it matters', () => {
  const { show } = opened();
  show({});
  assert.deepEqual(['mode', 'locked', 'rebalance'].map((name) => part(name).value), ['manual', 'evacuate', 'manual']);
  assert.equal(part('delay').closest('.form-group').hidden, true);
  show({ mode: 'auto', delay: 60, locked: 'leave' });
  assert.deepEqual(['mode', 'delay', 'at_once', 'locked'].map((name) => part(name).value), ['auto', '60', '', 'leave']);
  assert.equal(part('delay').closest('.form-group').hidden, false);
});

test('each change is told with all that is said already', () => {
  const { changes, show } = opened();
  show({ rebalance: 'auto' });
  put('mode', 'auto');
  put('delay', '30');
  put('delay', '');
  assert.deepEqual(changes, [
    { rebalance: 'auto', mode: 'auto' }, { rebalance: 'auto', mode: 'auto', delay: 30 },
    { rebalance: 'auto', mode: 'auto' },
  ]);
});

test('capacity is held for a level that the cloud has, and how many fail at once stays', () => {
  const { changes, show } = opened();
  show({});
  assert.deepEqual([...part('reserve').options].map((one) => one.value), ['', 'host', 'rack']);
  assert.equal(part('reserve').value, '');
  put('reserve', 'rack');
  show({ reserve: { level: 'host', failures: 2 } });
  assert.equal(part('reserve').value, 'host');
  put('reserve', 'rack');
  put('reserve', '');
  assert.deepEqual(changes, [{ reserve: { level: 'rack' } }, { reserve: { level: 'rack', failures: 2 } }, {}]);
});

for (const [name, wanted, wrong] of [
  ['nothing said', {}, 0],
  ['at once', { delay: 0 }, 0],
  ['after a day', { delay: 86400 }, 0],
  ['after more than a day', { delay: 86401 }, 1],
  ['before it was lost', { delay: -1 }, 1],
  ['no number', { delay: NaN, at_once: 1.5 }, 2],
  ['none at a time', { at_once: 0 }, 1],
  ['too many at a time', { at_once: 101 }, 1],
]) {
  test('a recovery is looked at before the API is asked: ' + name, () => {
    const found = draftFaults.problems({ ...newDraft.fresh(CHOICES), recovery: wanted });
    assert.deepEqual(found.map(({ place }) => place.field), Array(wrong).fill('recovery'));
  });
}

test('a changed recovery is a step of its own', () => {
  const draft = newDraft.fresh(CHOICES);
  assert.equal(stepLabels.describe(draft, { ...draft, recovery: { mode: 'auto' } }), 'change the recovery');
});
