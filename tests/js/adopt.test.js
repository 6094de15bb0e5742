// SPDX-License-Identifier: Apache-2.0
'use strict';
/* Servers that run are chosen, shown as the ensemble that they would be, and adopted as they were shown. */
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ensembles, document, window, FOLDER } = require('./scripts.js');
const { current } = require('./details_samples.js');
const { HOSTILE } = require('./samples.js');

const { adoptionRequest, serverChoice, proposal } = ensembles;

const THERE = {
  server_groups: [{ id: 'g1', name: 'web', policy: 'anti-affinity', count: 3 }],
  servers: [
    { id: 's1', name: 'web-1.example.org', status: 'ACTIVE', tags: ['shop', 'ensemble-member:x'] },
    { id: 's2', name: 'db1', status: 'SHUTOFF', tags: ['ensemble:y', 'old'] },
  ],
  more: false, missing: [],
};
const CHOICE = { kind: 'servers', server_group: 'g1', tag: ' shop ', servers: ['s1', 's2'], stack: '' };

/** What would come of it: web of three servers and db of one, with what does not hold. */
function adoption(more) {
  const members = [['web-0', 'web'], ['web-1', 'web'], ['web-2', 'web'], ['db-0', 'db']].map(([name, tier]) =>
    ({ name, tier, server_id: 's-' + name, server_name: 'run-' + name, server_status: 'ACTIVE' }));
  return {
    plan: 'p-1',
    ensemble: {
      name: 'shop', tiers: [{ name: 'web', count: 3 }, { name: 'db', count: 1 }],
      policies: [
        { type: 'anti-affinity', level: 'host', tiers: ['web'], enforcement: 'hard' },
        { type: 'affinity', level: 'zone', tiers: ['web', 'db'], enforcement: 'soft' },
      ],
    },
    members, degraded: [{ code: 'x', message: 'Two of web share a host.' }],
    survivability: current({
      policies: [{ holds: false, message: 'No two web on a host.' }, { holds: true, message: 'Together.' }],
      violations: [{ policy: 0, level: 'host', message: '1 too many', enforcement: 'hard', planned: true }],
    }),
    left_out: [{ server_id: 's9', server_name: HOSTILE[0], code: 'y', message: 'is on no host: it is SHELVED' }],
    mending: {
      moves: [{ member: 'web-1', from: { host: 'h1', rack: 'r1' }, to: { host: 'h2' } }], reasons: [],
      domains: [{ ref: 'h1', label: 'host A' }, { ref: 'r1', label: 'rack A' }, { ref: 'h2', label: HOSTILE[0] }],
    },
    notes: [{ code: 'z', message: 'No policy says that.' }], warnings: [],
    ...more,
  };
}

for (const [kind, expected] of [
  ['server_group', { server_group: 'g1' }], ['tag', { tag: 'shop' }], ['servers', { servers: ['s1', 's2'] }],
  ['stack', null], ['project', { project: true }],
]) {
  test('what is chosen by its ' + kind + ' is asked for alone', () =>
    assert.deepEqual(adoptionRequest.source({ ...CHOICE, kind }), expected));
}

test('nothing is asked for while no server is chosen', () =>
  assert.equal(adoptionRequest.source({ ...CHOICE, servers: [] }), null));

for (const [kind, expected] of [
  ['server_group', 'web'], ['tag', 'shop'], ['servers', 'web'], ['project', 'demo'], ['stack', ''],
]) {
  test('an ensemble is called after its ' + kind + ' until somebody calls it otherwise', () =>
    assert.equal(adoptionRequest.suggestedName({ ...CHOICE, kind }, THERE, 'demo'), expected));
}

test('tiers and policies are sent only where they are not those that are proposed', () => {
  const form = { name: ' shop ', choice: { ...CHOICE, kind: 'project' }, policies: true, tiers: null };
  assert.deepEqual(adoptionRequest.body(form), { adopt: { name: 'shop', from: { project: true } } });
  const tiers = adoptionRequest.renamed(adoption(), 1, ' base ');
  assert.deepEqual(tiers[1], { name: 'base', servers: ['s-db-0'] });
  assert.equal(tiers[0].servers.length, 3);
  assert.deepEqual(adoptionRequest.body({ ...form, tiers, policies: false }).adopt.policies, []);
});

test('the tags of ensembles are no tags to adopt by', () =>
  assert.deepEqual(adoptionRequest.tags(THERE.servers), ['old', 'shop']));

for (const [field, id, message] of [
  ['adopt.name', 'ens-name', 'is bad'],
  ['adopt.from.servers[1]', 'ens-from', 'db1: is bad'],
  ['adopt.from.tag', 'ens-from', 'is bad'],
  ['adopt.tiers[2].name', 'ens-tier-2', 'is bad'],
  [undefined, null, 'all of it'],
]) {
  test('an error about ' + field + ' is told at ' + id, () => {
    const sent = adoptionRequest.body({ name: 'x', choice: CHOICE, policies: true, tiers: null });
    const problem = { message: 'all of it', details: { field, reason: 'is bad' } };
    assert.deepEqual(adoptionRequest.fault(problem, sent, THERE), { id, message });
  });
}

test('servers are found by their names and tags, and stay chosen whatever is searched', () => {
  assert.deepEqual(serverChoice.matching(THERE.servers, 'OLD').map(({ id }) => id), ['s2']);
  const node = document.body.appendChild(document.createElement('div'));
  let chosen = null;
  serverChoice.open(node, THERE.servers, (ids) => { chosen = ids; });
  const box = () => node.querySelector('input[value=s1]');
  box().click();
  assert.deepEqual(chosen, ['s1']);
  const search = node.querySelector('[type=search]');
  search.value = 'db';
  search.dispatchEvent(new window.Event('input'));
  assert.equal(box(), null);
  node.querySelector('input[value=s2]').click();
  assert.deepEqual(chosen, ['s1', 's2']);
  search.value = '';
  search.dispatchEvent(new window.Event('input'));
  assert.equal(box().checked, true);
});

test('a proposal in words', () => {
  assert.equal(proposal.headline(adoption()), '4 servers in 2 tiers. None is touched.');
  const text = document.createElement('div');
  ensembles.dom.fillIn(text, proposal.leftOut(adoption()), proposal.degraded(adoption()), proposal.notes(adoption()));
  assert.match(text.textContent, /1 server is left out/);
  assert.match(text.textContent, /Two of web share a host\./);
  assert.match(text.textContent, /No policy says that\./);
  assert.equal(text.querySelector('script, img'), null, 'names are texts');
});

test('the moves that would mend it, or why there are none', () => {
  const said = (found) => {
    const node = document.createElement('div');
    ensembles.dom.fillIn(node, proposal.mending(adoption({ mending: found }), ['host', 'rack']));
    return node.textContent;
  };
  assert.match(said(adoption().mending), /^1 move would mend .*web-1 rack A ▸ host A → /);
  assert.match(said({ moves: [], domains: [], reasons: [{ message: 'No room.' }] }), /No moves.*No room\./);
  assert.equal(said(null), '');
});

// --- The page. ---

const asked = [];
const went = [];
let pause = null;

const settle = () => new Promise((done) => { setImmediate(() => setImmediate(() => setImmediate(done))); });

/** What was edited is asked for after a pause. */
async function paused() {
  pause?.();
  pause = null;
  await settle();
}

/** Put up the page as the template has it, and run its script. answers: by address, [status, body]. */
async function open(answers) {
  const template = fs.readFileSync(path.join(FOLDER, '..', '..', '..', 'templates', 'ensembles', 'adopt.html'), 'utf8');
  const [, html] = /\{% block ensembles %\}(.*?)\{\{ page_data/s.exec(template);
  const data = {
    levels: ['host', 'rack', 'zone'], sourcesUrl: '/sources/', planUrl: '/plan/', adoptUrl: '/adopt/',
    session: {
      project: { id: 'p1', name: 'demo' }, csrfCookie: 'csrftoken', loginUrl: '/login/', switchUrl: '/switch/00000000/',
    },
  };
  // Of the template's own words only those in quotes are shown.
  const plain = html.replace('{% csrf_token %}', '<input type="hidden" name="csrfmiddlewaretoken" value="t">')
    .replace(/\{% trans "(.*?)" %\}/g, '$1').replace(/\{[%#].*?[%#]\}/g, '');
  document.body.replaceChildren(document.createRange().createContextualFragment(plain));
  document.body.append(ensembles.dom.el('script', { id: 'ens-data', type: 'application/json' }, JSON.stringify(data)));
  asked.length = went.length = 0;
  globalThis.fetch = async (url, options = {}) => {
    const sent = options.body ? JSON.parse(options.body) : null;
    asked.push([url, sent]);
    const answer = answers[url];
    const [status, body] = Array.isArray(answer) ? answer : [200, answer];
    return { ok: status < 400, status, json: async () => body };
  };
  globalThis.setTimeout = (act) => { pause = act; return 1; };
  globalThis.clearTimeout = () => { pause = null; };
  globalThis.location = { assign: (url) => went.push(url), pathname: '/here/', search: '' };
  const script = path.join(FOLDER, 'adopt', 'adopt.js');
  delete require.cache[script];
  require(script);
  await settle();
}

const field = (name) => document.getElementById('ens-' + name);
const live = (name) => document.querySelector('[data-live="' + name + '"]');

function put(name, value, event = 'change') {
  field(name).value = value;
  field(name).dispatchEvent(new window.Event(event, { bubbles: true }));
}

test('a server group is shown as it stands, and adopted as it was shown', async () => {
  await open({ '/sources/': THERE, '/plan/': { adoption: adoption() }, '/adopt/': { id: 'e1', url: '/it/' } });
  assert.match(field('server_group').textContent, /web \(anti-affinity, 3 servers\)/);
  assert.equal(field('submit').getAttribute('aria-disabled'), 'true');
  put('server_group', 'g1');
  assert.equal(field('name').value, 'web');
  await paused();
  assert.deepEqual(asked.at(-1), ['/plan/', { adopt: { name: 'web', from: { server_group: 'g1' } } }]);
  assert.equal(live('proposal').hidden, false);
  assert.match(live('tiers').textContent, /run-web-0/);
  assert.equal(live('policies').querySelectorAll('[data-holds=false]').length, 1);
  assert.equal(live('picture').querySelectorAll('.ens-member').length, 4);
  assert.equal(field('submit').getAttribute('aria-disabled'), 'false');
  field('adopt').dispatchEvent(new window.Event('submit', { cancelable: true }));
  await settle();
  assert.equal(asked.at(-1)[1].plan, 'p-1');
  assert.deepEqual(went, ['/it/']);
});

test('a tier that is renamed is shown anew, and cannot be adopted before that', async () => {
  const answers = { '/sources/': THERE, '/plan/': { adoption: adoption() } };
  await open(answers);
  put('kind', 'project');
  await paused();
  field('tier-1').focus();
  put('tier-1', 'base');
  field('adopt').dispatchEvent(new window.Event('submit', { cancelable: true }));
  await paused();
  const [url, sent] = asked.at(-1);
  assert.equal(url, '/plan/');
  assert.deepEqual(sent.adopt.tiers.map(({ name }) => name), ['web', 'base']);
  assert.equal(document.activeElement, field('tier-1'), 'the focus stays');
  put('kind', 'tag');
  put('tag', 'shop', 'input');
  await paused();
  assert.equal(asked.at(-1)[1].adopt.tiers, undefined, 'other servers have tiers of their own');
});

test('a refusal is told at the field that it is about', async () => {
  const fault = (of, reason) =>
    [400, { error: { message: of + ': ' + reason, details: { field: of, reason } } }];
  const answers = { '/sources/': THERE, '/plan/': { adoption: adoption() } };
  await open(answers);
  put('kind', 'project');
  await paused();
  answers['/plan/'] = fault('adopt.tiers[1].name', 'Another tier has this name.');
  put('tier-1', 'web');
  await paused();
  assert.equal(field('tier-1-error').textContent, 'Another tier has this name.');
  assert.equal(field('tier-1').getAttribute('aria-invalid'), 'true');
  assert.equal(field('submit').getAttribute('aria-disabled'), 'true');
  answers['/plan/'] = fault('adopt.from.stack', 'has no servers');
  put('kind', 'stack');
  put('stack', 'nothing', 'input');
  await paused();
  assert.equal(field('from-error').textContent, 'nothing: has no servers');
  assert.equal(live('proposal').hidden, true);
  put('name', ' ', 'input');
  assert.match(field('name-error').textContent, /needs a name/);
});

test('a project without servers says so', async () => {
  await open({ '/sources/': { server_groups: [], servers: [], more: false, missing: [] } });
  assert.equal(field('kind').value, 'servers');
  assert.equal(live('servers').textContent, 'There is no server in this project.');
});
