// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles } = require('./scripts.js');

/** A dry run with a cloud that answers when told to; `heard` lists what was asked, answered and aborted. */
function opened(ready = true) {
  const heard = [];
  const waiting = [];
  const post = (query, signal) => new Promise((resolve, reject) => {
    heard.push({ '?domains=all': 'plan?', '?headroom=1': 'headroom?' }[query] || query);
    signal.addEventListener('abort', () => {
      heard.push('aborted');
      reject(Object.assign(new Error(), { name: 'AbortError' }));
    });
    waiting.push({ resolve, reject });
  });
  const hear = { ready: () => ready };
  for (const name of ['asking', 'planned', 'failed', 'headroom', 'headroomFailed', 'loss', 'lossFailed']) {
    hear[name] = () => heard.push(name);
  }
  return { dry: ensembles.dryRun.open(post, hear, 300, 700), heard, waiting };
}

const settled = () => new Promise((resolve) => { setImmediate(resolve); });

async function planned(context, answer) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const all = opened();
  all.dry.schedule();
  context.mock.timers.tick(300);
  all.waiting[0].resolve(answer);
  await settled();
  return all;
}

test('headroom is asked for once the plan has been shown for a while', async (context) => {
  const { heard, waiting } = await planned(context, { feasible: true });
  context.mock.timers.tick(699);
  assert.deepEqual(heard, ['asking', 'plan?', 'planned']);
  context.mock.timers.tick(1);
  waiting[1].resolve({ feasible: true });
  await settled();
  assert.deepEqual(heard.slice(3), ['headroom?', 'headroom']);
});

test('what does not fit has no headroom to ask for', async (context) => {
  const { heard } = await planned(context, { feasible: false });
  context.mock.timers.tick(5000);
  assert.deepEqual(heard, ['asking', 'plan?', 'planned']);
});

test('a change aborts the question for headroom, and its late answer is not heard', async (context) => {
  const { dry, heard, waiting } = await planned(context, { feasible: true });
  context.mock.timers.tick(700);
  dry.schedule();
  waiting[1].resolve({ feasible: true });
  await settled();
  context.mock.timers.tick(300);
  assert.deepEqual(heard.slice(3), ['headroom?', 'aborted', 'asking', 'plan?']);
});

test('a change before it is asked for means it is not asked', async (context) => {
  const { dry, heard } = await planned(context, { feasible: true });
  context.mock.timers.tick(500);
  dry.schedule();
  context.mock.timers.tick(250);
  assert.deepEqual(heard.slice(3), []);
});

test('several changes in a row ask once', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { dry, heard } = opened();
  for (let change = 0; change < 5; change += 1) {
    dry.schedule();
    context.mock.timers.tick(200);
  }
  context.mock.timers.tick(100);
  assert.deepEqual(heard, ['asking', 'plan?']);
});

test('a drawing that is not complete is not sent', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { dry, heard } = opened(false);
  dry.schedule();
  context.mock.timers.tick(5000);
  assert.deepEqual(heard, []);
});

test('a question for headroom that fails is told apart from one for the plan', async (context) => {
  const { heard, waiting } = await planned(context, { feasible: true });
  context.mock.timers.tick(700);
  waiting[1].reject(new Error('busy'));
  await settled();
  assert.deepEqual(heard.slice(3), ['headroom?', 'headroomFailed']);
});

test('what fails at once is asked for after the last click, beside the question for headroom', async (context) => {
  const { dry, heard, waiting } = await planned(context, { feasible: true });
  dry.fail(['a']);
  context.mock.timers.tick(200);
  dry.fail(['a', 'b&c']);
  context.mock.timers.tick(600);
  assert.deepEqual(heard.slice(3), ['?fail=a&fail=b%26c', 'headroom?']);
  waiting[1].resolve({ failed: {} });
  await settled();
  assert.deepEqual(heard.slice(5), ['loss']);
  // A change of the drawing makes all of it moot.
  dry.fail(['a']);
  dry.schedule();
  context.mock.timers.tick(250);
  assert.deepEqual(heard.slice(6), ['aborted']);
});

test('nothing is asked when nothing fails any more', async (context) => {
  const { dry, heard } = await planned(context, { feasible: true });
  dry.fail(['a']);
  dry.fail([]);
  context.mock.timers.tick(650);
  assert.deepEqual(heard.slice(3), []);
});

test('what got no answer is asked again, ever more seldom and without a word, until there is one', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { dry, heard, waiting } = opened();
  dry.schedule();
  context.mock.timers.tick(300);
  for (const [turn, pause] of [2000, 4000, 8000, 16000, 30000, 30000].entries()) {
    waiting[turn].reject(Object.assign(new Error('away'), { status: turn % 2 ? 503 : 0 }));
    await settled();
    context.mock.timers.tick(pause - 1);
    assert.equal(waiting.length, turn + 1);
    context.mock.timers.tick(1);
    assert.equal(waiting.length, turn + 2);
  }
  waiting[6].resolve({ feasible: false });
  await settled();
  assert.equal(heard.filter((one) => one === 'asking').length, 1);
  assert.equal(heard.at(-1), 'planned');
  context.mock.timers.tick(60000);
  assert.equal(waiting.length, 7);
});

test('what the API refuses is not asked again by itself', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { dry, waiting } = opened();
  dry.schedule();
  context.mock.timers.tick(300);
  waiting[0].reject(Object.assign(new Error('no such flavor'), { status: 400 }));
  await settled();
  context.mock.timers.tick(60000);
  assert.equal(waiting.length, 1);
});
