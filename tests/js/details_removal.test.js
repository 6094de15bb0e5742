// SPDX-License-Identifier: Apache-2.0
'use strict';
/* The page of an ensemble that is being removed. */
const test = require('node:test');
const assert = require('node:assert/strict');
const { NOW, ensemble, current } = require('./details_samples.js');
const { open, settle, beat, went, beats } = require('./details_page.js');

test('a removal that waits says for what', () => {
  const fault = { message: 'web-1 is locked.', since: NOW, reasons: [] };
  const part = open(ensemble('DELETING', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE'], { fault }), {});
  assert.match(part('fault').textContent, /What the removal waits for: web-1 is locked\.Since .*2026.*/);
});

test('what is deleted goes pale where it was, and the end leads to the table', async () => {
  const answers = {};
  const part = open(ensemble('DELETING', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']), answers);
  const half = ensemble('DELETING', ['DELETED', 'DELETED', 'ACTIVE', 'ACTIVE']);
  half.members = half.members.map((one) => (one.status === 'DELETED' ? { ...one, domains: {} } : one));
  half.domains = half.domains.filter((one) => !['h2', 'r2'].includes(one.ref));
  answers['/state/'] = { now: NOW, ensemble: half };
  await beat();
  assert.equal(part('sentence').textContent, 'DELETING DELETED DELETED ACTIVE ACTIVE');
  assert.equal(part('picture').querySelectorAll('.ens-member.is-deleted').length, 2);
  assert.equal(part('bar').querySelectorAll('.is-leaving > .is-deleted').length, 2, 'the bar fills with what is gone');
  assert.ok(part('picture').querySelector('[data-ref=h2]'), 'the picture does not shrink');
  answers['/state/'] = [404, { error: { message: 'none' } }];
  await beat();
  assert.deepEqual(went.splice(0), ['/gone/']);
  assert.deepEqual(beats, []);
});

test('what is being removed is shown where it was seen last, and nothing is said of failures', async () => {
  const answers = { '/now/': { survivability: current() } };
  const rules = ensemble('ACTIVE', []).policies.map((one) => ({ ...one, holds: null }));
  const promises = [{ policy: 1, tiers: [{ message: '2 of web would be left, and 2 are needed.' }] }];
  const part = open(ensemble('DELETING', ['ACTIVE', 'ACTIVE', 'ACTIVE', 'DELETED'], { policies: rules, promises }), answers);
  await settle();
  const row = part('members').querySelector('[data-member=web-1]').textContent;
  assert.match(row, /rack C/, 'where Nova has it, and not where it was planned');
  assert.equal(part('picture').querySelectorAll('[data-ref=h2]').length, 0, 'nobody is left there');
  assert.equal(part('picture').querySelectorAll('[data-ref=h3] .ens-badge').length, 2);
  assert.doesNotMatch(part('policies').textContent, /would be left/);
  assert.equal(part('survives').textContent, '');
  assert.equal(part('differences').textContent, '');
});
