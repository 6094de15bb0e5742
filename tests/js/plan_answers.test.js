// SPDX-License-Identifier: Apache-2.0
'use strict';
/* What the drawing page makes of the API's answers about a plan. */
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, threeTier } = require('./scripts.js');

const { planAnswers, pageState, fieldPlaces } = ensembles;
const DRAFT = threeTier({
  flavors: [{ id: 'f1', name: 'tiny' }], images: [{ id: 'i1', name: 'cirros' }], networks: [{ id: 'n1', name: 'net' }],
});

/** What is shown, and what is told at fields, of an error as the API answers it. */
function failedWith(message, details) {
  const state = { ...pageState.open({ now: DRAFT }), draft: DRAFT };
  const shown = [];
  planAnswers.open(state, { show: (one) => shown.push(one), refresh: () => {} }).failed({ message, details });
  return { told: state.told, shown };
}

test('an error at a field is told there by its reason, and by the name of the tier in the strip', () => {
  const field = 'ensemble.tiers[1].server.image';
  const { told, shown } = failedWith('im Feld ' + field + ' – unbekannt', {
    field, label: 'Ebene 2, Abbild', reason: 'Es gibt kein solches Abbild.',
  });
  assert.deepEqual(told, [{ place: fieldPlaces.placeOf(DRAFT, field), message: 'Es gibt kein solches Abbild.' }]);
  assert.equal(shown[0].message, 'cache: Es gibt kein solches Abbild.');
});

test('an error at a field of the ensemble itself is told by the name that the API has for it', () => {
  const { told, shown } = failedWith('ensemble.name: is too long', {
    field: 'ensemble.name', label: 'name', reason: 'is too long',
  });
  assert.equal(told[0].message, 'is too long');
  assert.equal(shown[0].message, 'name: is too long');
});

test('an error about no field is told as it came', () => {
  const { told, shown } = failedWith('The compute service cannot be reached.', {});
  assert.deepEqual([told, shown[0].message], [[], 'The compute service cannot be reached.']);
});
