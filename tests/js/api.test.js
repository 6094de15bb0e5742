// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const { ensembles, document } = require('./scripts.js');
const { api } = ensembles;

/** A server that gives one answer and keeps what it was asked. */
async function answering(status, text, run) {
  const seen = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', () => {
      seen.push({ method: request.method, headers: request.headers, body });
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(text);
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  try {
    await run('http://127.0.0.1:' + server.address().port + '/', seen);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const SESSION = {
  project: { id: 'p1', name: 'shop' }, csrfCookie: 'csrf-of-ours', loginUrl: '/auth/login/',
  switchUrl: '/auth/switch/00000000/',
};
const SAID = { belongs: 'This drawing belongs to %(project)s.', ended: 'Nothing is lost.' };
const page = (more) => api.open({ ...SESSION, ...more }, 'of the page', SAID);

globalThis.location = { pathname: '/draw/', search: '?like=1' };

/** Sign in, as far as a script sees it. */
function signIn(token) { document.cookie = 'csrf-of-ours=' + token; }

test('a post carries the mark of a script and the project of the page', () =>
  answering(200, '{"plan": {}}', async (url, seen) => {
  assert.deepEqual(await page().post(url, { ensemble: { name: 'ü' } }), { plan: {} });
  assert.equal(seen[0].method, 'POST');
  assert.equal(seen[0].headers['x-requested-with'], 'XMLHttpRequest');
  assert.equal(seen[0].headers['x-ensembles-project'], 'p1');
  assert.deepEqual(JSON.parse(seen[0].body), { ensemble: { name: 'ü' } });
  await page().get(url);
  assert.equal(seen[1].headers['x-ensembles-project'], 'p1');
}));

test('each post carries the token of the last login, in whichever tab that was', () =>
  answering(200, '{}', async (url, seen) => {
  const opened = page();
  await opened.post(url, {});
  signIn('first');
  await opened.post(url, {});
  document.cookie = 'x-csrf-of-ours=another';
  signIn('second');
  await opened.post(url, {});
  assert.deepEqual(seen.map((one) => one.headers['x-csrftoken']), ['of the page', 'first', 'second']);
  await page({ csrfCookie: 'no-script-sees-it' }).post(url, {});
  assert.equal(seen[3].headers['x-csrftoken'], 'of the page');
}));

const ERRORS = [
  ['an error of the API', 400, '{"error": {"message": "count is 0", "details": {"field": "tiers[0].count"}}}',
    /^count is 0$/, { field: 'tiers[0].count' }],
  ['what the cloud forbids', 403, '{"error": {"message": "Policy does not allow it", "details": {}}}', /^Policy/, {}],
  ['a page instead of JSON', 502, '<html>', /not understood/, {}],
  ['a page that claims success', 200, '<html>', /not understood/, {}],
];

for (const [name, status, text, message, details] of ERRORS) {
  test('an error is one kind of error: ' + name, () => answering(status, text, async (url) => {
    await assert.rejects(page().get(url), (problem) => {
      assert.ok(problem instanceof api.ApiError);
      assert.equal(problem.status, status);
      assert.match(problem.message, message);
      assert.deepEqual(problem.details, details);
      assert.equal(problem.told, null);
      return true;
    });
  }));
}

for (const [name, status, text] of [
  ['a login that is over', 401, ''],
  ['what Nova says of a token', 401, '{"error": {"message": "no", "details": {}}}'],
  ['a token that Django refuses', 403, '<html>'],
]) {
  test('the end of the session leads to the login and back: ' + name, () => answering(status, text, async (url) => {
    await assert.rejects(page().post(url, {}), ({ message, told }) => {
      assert.equal(message, 'Your session has ended. Nothing is lost.');
      assert.deepEqual([told.words, told.href], ['Sign in again', '/auth/login/?next=%2Fdraw%2F%3Flike%3D1']);
      return true;
    });
  }));
}

test('a proxy that leads to a sign-in of its own is an end of the session too', async () => {
  // A browser shows a script no more of a redirect than this.
  const real = globalThis.fetch;
  globalThis.fetch = async () => ({ type: 'opaqueredirect', status: 0, json: () => Promise.reject(new Error('empty')) });
  try {
    await assert.rejects(page().get('/'), ({ told }) => told.words === 'Sign in again');
  } finally { globalThis.fetch = real; }
});

test('another project is told with the way back to the page and its own', () => answering(409, JSON.stringify({
  error: { message: 'x', details: { code: 'dashboard.other_project', project: { id: 'p2', name: 'lab' } } },
}), async (url) => {
  await assert.rejects(page().post(url, {}), ({ status, message, told }) => {
    assert.equal(status, 409);
    assert.equal(message, 'You are now in lab. This drawing belongs to shop.');
    assert.deepEqual([told.words, told.href], ['Back to shop', '/auth/switch/p1/?next=%2Fdraw%2F%3Flike%3D1']);
    return true;
  });
}));

test('no server at all is told as that', async () => {
  await assert.rejects(page().get('http://127.0.0.1:9/'), ({ status, message }) => status === 0 && /answer/.test(message));
});

test('a request that was called off is not an error of the API', () => answering(200, '{}', async (url) => {
  const control = new AbortController();
  const asked = page().get(url, control.signal);
  control.abort();
  await assert.rejects(asked, { name: 'AbortError' });
}));
