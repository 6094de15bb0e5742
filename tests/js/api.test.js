// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const { ensembles } = require('./scripts.js');
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

test('a post carries the token and the mark of a script', () => answering(200, '{"plan": {}}', async (url, seen) => {
  assert.deepEqual(await api.post(url, { ensemble: { name: 'ü' } }, 'secret'), { plan: {} });
  assert.equal(seen[0].method, 'POST');
  assert.equal(seen[0].headers['x-csrftoken'], 'secret');
  assert.equal(seen[0].headers['x-requested-with'], 'XMLHttpRequest');
  assert.deepEqual(JSON.parse(seen[0].body), { ensemble: { name: 'ü' } });
}));

const ERRORS = [
  ['an error of the API', 400, '{"error": {"message": "count is 0", "details": {"field": "tiers[0].count"}}}',
    /^count is 0$/, { field: 'tiers[0].count' }],
  ['an end of the session', 401, '', /session has ended/, {}],
  ['a page instead of JSON', 502, '<html>', /not understood/, {}],
  ['a page that claims success', 200, '<html>', /not understood/, {}],
];

for (const [name, status, text, message, details] of ERRORS) {
  test('an error is one kind of error: ' + name, () => answering(status, text, async (url) => {
    await assert.rejects(api.get(url), (problem) => {
      assert.ok(problem instanceof api.ApiError);
      assert.equal(problem.status, status);
      assert.match(problem.message, message);
      assert.deepEqual(problem.details, details);
      return true;
    });
  }));
}

test('no server at all is told as that', async () => {
  await assert.rejects(api.get('http://127.0.0.1:9/'), (problem) => problem.status === 0 && /answer/.test(problem.message));
});

test('a request that was called off is not an error of the API', () => answering(200, '{}', async (url) => {
  const control = new AbortController();
  const asked = api.get(url, control.signal);
  control.abort();
  await assert.rejects(asked, { name: 'AbortError' });
}));
