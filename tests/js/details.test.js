// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ensembles, window, document, FOLDER } = require('./scripts.js');
const { PLAN, TIERS, HOSTILE } = require('./samples.js');

const TEMPLATE = path.join(FOLDER, '..', '..', '..', 'templates', 'ensembles', 'detail.html');
const ID = '2c2fdd03-18c8-4114-bbc1-d48be41afab5';

function member(assignment, status, serverId) {
  return {
    name: assignment.member, tier: assignment.tier, status, server_id: serverId, domains: assignment.domains,
  };
}

const ENSEMBLE = {
  status: 'ERROR',
  progress: { active: 3, total: 4 },
  tiers: TIERS.map((tier) => ({ ...tier, server: { flavor: 'f-tiny', image: 'unknown' } })),
  policies: [
    { type: 'anti-affinity', level: 'host', tiers: ['web'], enforcement: 'hard', max_per_domain: 1 },
    { type: 'affinity', level: 'zone', tiers: ['web', 'db'], enforcement: 'soft' },
  ],
  violations: [{ policy: 1, level: 'zone', message: 'web is in two zones' }],
  fault: { message: HOSTILE[0], reasons: [{ message: 'a host has gone', suggestion: 'try again' }] },
  members: PLAN.assignments.map((one, index) => member(one, index ? 'ACTIVE' : 'ERROR', index ? ID : null)),
  domains: PLAN.domains,
  survivability: PLAN.survivability,
  survives: [{ level: 'host', survives: false }],
  events: [
    { at: '2026-11-22T12:00:00Z', type: 'created', message: 'first' },
    { at: '2026-11-22T12:00:09Z', type: 'failed', message: HOSTILE[1] },
  ],
};

/** Put up the page as the template has it, with its data, and run its script. */
function open(data) {
  const parts = [...fs.readFileSync(TEMPLATE, 'utf8').matchAll(/<(\w+)[^>]* data-live="(\w+)"/g)];
  const { el } = ensembles.dom;
  const page = el('div', { id: 'ens-details' }, parts.map(([, tag, name]) => el(tag, { 'data-live': name })));
  document.body.replaceChildren(page,
    el('script', { id: 'ens-data', type: 'application/json' }, JSON.stringify(data)));
  const script = path.join(FOLDER, 'details.js');
  delete require.cache[script];
  require(script);
  return (name) => page.querySelector('[data-live=' + name + ']');
}

test('an ensemble that went wrong says why, and where everything is', () => {
  const part = open({
    ensemble: ENSEMBLE, settled: ['ACTIVE', 'ERROR'], names: { 'f-tiny': 'm1.tiny' },
    stateUrl: '/state/', indexUrl: '/', instanceUrl: '/project/instances/00000000/',
  });
  assert.equal(part('status').textContent.trim(), 'Error');
  assert.match(part('fault').textContent, /<img src=x.*a host has gone try again/);
  assert.equal(document.querySelectorAll('img').length, 0);
  assert.match(part('tiers').textContent, /web3 members · m1\.tiny · unknown/);
  assert.equal(part('policies').firstElementChild.textContent,
    'Keep apart anti-affinity No two members of web may share a host.');
  assert.match(part('policies').lastElementChild.textContent, /in one zone\..*Not kept: web is in two zones/);
  assert.equal(part('survives').textContent, 'The loss of one host can end a tier.');
  assert.equal(part('map').querySelectorAll('.ens-member.is-active').length, 3);
  assert.equal(part('map').querySelectorAll('.ens-member.is-error').length, 1);
  const rows = [...part('members').querySelectorAll('tbody tr')];
  assert.match(rows[0].textContent, /web-0Errornot built/);
  assert.equal(rows[1].querySelector('a').getAttribute('href'), '/project/instances/' + ID + '/');
  const told = [...part('events').querySelectorAll('li span')].map((node) => node.textContent);
  assert.deepEqual(told, [HOSTILE[1], 'first'], 'newest first');
});

test('an ensemble without members or events yet has a page too', () => {
  const part = open({
    ensemble: {
      status: 'ACTIVE', tiers: ENSEMBLE.tiers, policies: [], fault: null, members: [], domains: [],
      survivability: [], survives: [], events: [], progress: { active: 0, total: 0 },
    },
    settled: ['ACTIVE', 'ERROR'], names: {}, stateUrl: '/', indexUrl: '/', instanceUrl: '/00000000/',
  });
  assert.equal(part('fault').textContent, '');
  assert.equal(part('policies').textContent, 'No policies.');
  for (const name of ['map', 'failures', 'members', 'events']) {
    assert.equal(part(name).textContent, 'Nothing to show.');
  }
  assert.equal(window.document.querySelector('#ens-details').dataset.status, 'ACTIVE');
});
