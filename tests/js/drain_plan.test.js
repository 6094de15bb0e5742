// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, document } = require('./scripts.js');
const { HOSTILE } = require('./samples.js');

const { preview, stuck, moving } = ensembles.drainPlan;

function ofOne(more) {
  return {
    ensemble_name: HOSTILE[0], project: 'shop', url: '/e1', fits: true, blocked: [], waits: null, reasons: [],
    message: 'Not tried.',
    moves: [
      { member: 'web-1', from: 'h1', host: 'h3', rack: 'r2', zone: 'az1' },
      { member: 'web-0', from: 'h1', host: 'h4', rack: 'r3', zone: 'az2' },
    ],
    ...more,
  };
}

function drain(...parts) {
  return { fits: parts.every((each) => each.fits), message: 'All members fit elsewhere.', ensembles: parts };
}

function shown(...nodes) {
  const root = document.createElement('div');
  root.append(...nodes.flat());
  return root;
}

test('who moves where is told in the order of the moves, with the largest domain first', () => {
  const root = shown(preview(drain(ofOne())));
  const moves = [...root.querySelectorAll('ol > li')].map((each) => each.textContent);
  assert.deepEqual(moves, ['web-1: h1 →to h3 az1 › r2', 'web-0: h1 →to h4 az2 › r3']);
  assert.equal(root.querySelector('a').textContent, HOSTILE[0]);
  assert.equal(root.querySelector('img, script'), null);
});

test('what is in the way is told beside the moves of the others', () => {
  const kept = ofOne({
    blocked: [{ member: 'web-0', message: 'web-0 is locked.' }], waits: 'It waits.',
    reasons: [{ message: 'There is too little room.' }], moves: [], fits: false,
  });
  const root = shown(preview(drain(ofOne(), kept)));
  const why = [...root.querySelectorAll('.ens-maintain-why')].map((each) => each.textContent.trim());
  assert.deepEqual(why, ['web-0 is locked.', 'There is too little room.', 'It waits.']);
  assert.doesNotMatch(root.textContent, /Not tried/);
});

test('what was not tried says so', () => {
  const root = shown(preview(drain(ofOne({ moves: [], fits: null }))));
  assert.match(root.textContent, /not decided.*Not tried\./);
});

test('while nobody moves, those alone are shown that something keeps', () => {
  assert.match(shown(stuck(drain(ofOne()))).textContent, /^The next one begins in a moment\.$/);
  const root = shown(stuck(drain(ofOne(), ofOne({ waits: 'It waits.' }))));
  assert.equal(root.querySelectorAll('li').length, 1);
});

test('an ensemble that moves tells how far it is', () => {
  const root = shown(moving([{ ensemble_name: 'shop', project: 'p', url: '/e', progress: { message: 'One of two.' } }]));
  assert.match(root.textContent, /shop pOne of two\./);
  assert.equal(root.querySelector('a').getAttribute('href'), '/e');
});
