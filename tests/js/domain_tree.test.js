// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ensembles, FOLDER } = require('./scripts.js');
const { PLAN, TIERS } = require('./samples.js');
const { tierLegend, domainTree } = ensembles;

test('the tree nests zones, racks and hosts, with the members in the hosts', () => {
  const [a, b] = domainTree.tree(PLAN);
  assert.deepEqual([a.label, b.label], ['zone A', 'zone B']);
  assert.deepEqual(a.children.map((rack) => rack.label), ['rack A', 'rack B']);
  assert.deepEqual(a.children[0].children[0].members.map((one) => one.member), ['web-0', 'db-0']);
  assert.deepEqual(domainTree.membersBelow(a).map((one) => one.member), ['web-0', 'db-0', 'web-1']);
  assert.deepEqual(a.members, []);
});

test('an admin sees real names where the answer has them', () => {
  const domains = PLAN.domains.map((domain) => ({ ...domain, name: 'real ' + domain.ref }));
  assert.equal(domainTree.tree({ ...PLAN, domains })[0].label, 'real z1');
});

const FAILURES = [
  ['nothing', [], [3, 1]],
  ['a host', ['h1'], [2, 0]],
  ['a rack', ['r2'], [2, 1]],
  ['a zone', ['z1'], [1, 0]],
  ['a host and the rack around it count once', ['h1', 'r1'], [2, 0]],
  ['both zones', ['z1', 'z2'], [0, 0]],
  ['something unknown', ['nowhere'], [3, 1]],
];

for (const [name, refs, left] of FAILURES) {
  test('who is left after the loss of ' + name, () => {
    assert.deepEqual(domainTree.survivors(PLAN, TIERS, new Set(refs)).map((one) => one.left), left);
  });
}

test('a tier has its first letter where these tell the tiers apart, and else its number', () => {
  const signs = (names) => tierLegend.legend(names.map((name) => ({ name, count: 1 }))).map((one) => one.letter).join(' ');
  assert.equal(signs(['web', 'cache', 'db']), 'W C D');
  assert.equal(signs(['web', 'worker', 'db']), '1 2 3');
  assert.equal(signs(['tier-1', 'tier-2', 'tier-3']), '1 2 3', 'not T I E');
  assert.equal(signs(['9', 'a']), '1 2');
  assert.equal(new Set(signs(Array.from({ length: 20 }, () => 'db')).split(' ')).size, 20);
});

test('an ensemble is drawn as a plan, without the members that have no place', () => {
  const plan = domainTree.asPlan({
    members: [
      { name: 'web-0', tier: 'web', status: 'ACTIVE', domains: { host: 'h1' } },
      { name: 'web-1', tier: 'web', status: 'ERROR', domains: null },
    ],
    domains: PLAN.domains,
  });
  assert.deepEqual(plan.assignments.map((one) => [one.member, one.status]), [['web-0', 'ACTIVE']]);
  assert.deepEqual(domainTree.asPlan({}).assignments, []);
});

/** Relative luminance and contrast as the accessibility guidelines define them. */
function contrastWithWhite(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
}

test('white letters can be read on every tier colour', () => {
  const css = fs.readFileSync(path.join(FOLDER, '..', 'ensembles.css'), 'utf8');
  const colours = [...css.matchAll(/\.ens-tier-(\d) \{ --tier: (#[0-9a-f]{6})/g)];
  assert.equal(colours.length, tierLegend.COLOURS);
  for (const [, number, colour] of colours) {
    assert.ok(contrastWithWhite(colour) >= 4.5, `tier ${number}: ${contrastWithWhite(colour)}`);
  }
});
