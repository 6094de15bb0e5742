// SPDX-License-Identifier: Apache-2.0
'use strict';
/* What a script is to the others: one module, which nobody else changes. All tests run with the modules frozen. */
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ensembles, added, FOLDER, LOAD_ORDER, MODULES } = require('./scripts.js');

test('a script adds one module, or registers one kind of policy', () => {
  const registers = LOAD_ORDER.kinds.filter((name) => !['policy/kinds', 'policy/policy_words'].includes(name));
  for (const [script, modules] of MODULES) {
    assert.equal(modules.length, registers.includes(script) ? 0 : 1, `${script}: ${modules.map(([name]) => name)}`);
  }
});

for (const [name, patch] of [
  ['puts another function in its place', () => { ensembles.dom.el = () => null; }],
  ['adds to it', () => { ensembles.map.more = 1; }],
  ['changes what it lists', () => { ensembles.server.EMPTY.flavor = 'mine'; }],
]) {
  test('a script cannot patch a module: it ' + name, () => assert.throws(() => added(patch), TypeError));
}

test('a script that replaces a module is seen', () => {
  const { map } = ensembles;
  assert.throws(() => added(() => { ensembles.map = {}; }), /replaced: map/);
  ensembles.map = map;
});

test('every script stands in the load order, once', () => {
  const listed = Object.values(LOAD_ORDER).flat();
  const there = fs.readdirSync(FOLDER, { recursive: true }).filter((name) => name.endsWith('.js'))
    .map((name) => name.slice(0, -3).split(path.sep).join('/'));
  assert.deepEqual([...listed].sort(), there.sort());
});
