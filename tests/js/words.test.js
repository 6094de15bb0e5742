// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ensembles, inLanguage } = require('./scripts.js');
const { losses, policyWords, whatIf, words } = ensembles;

/** The German catalog of the scripts: [text or first form, its translations]. */
function german() {
  const file = path.join(__dirname, '..', '..', 'ensemble_dashboard/locale/de/LC_MESSAGES/djangojs.po');
  return new Map(fs.readFileSync(file, 'utf8').split(/\n\n/).map((entry) => {
    const parts = [...entry.matchAll(/^(msgid|msgid_plural|msgstr(?:\[\d\])?) ((?:".*"\n?)+)/gm)]
      .map(([, key, text]) => [key, [...text.matchAll(/^"(.*)"$/gm)].map((line) => JSON.parse(`"${line[1]}"`)).join('')]);
    return [(parts[0] || [])[1], parts.filter(([key]) => key.startsWith('msgstr')).map(([, text]) => text)];
  }));
}

const CATALOGS = { en: new Map(), de: german() };

// The table that the API's sentences are held against too.
for (const { case: name, policy, ...said } of require('../policy_sentences.json')) {
  for (const [language, sentence] of Object.entries(said)) {
    test(`a policy says what the API says of it: ${name} (${language})`, () =>
      inLanguage(CATALOGS[language], () => assert.equal(policyWords.sentence(policy), sentence)));
  }
}

test('a kind of policy that we do not know is told all the same', () => assert.equal(
  policyWords.sentence({ type: 'far', level: 'rack', tiers: ['web', 'db'], enforcement: 'hard' }), 'far: web and db, rack'));

// The same arithmetic as Survive.needed of the API.
for (const { min_available: asked, count, needed } of require('../cases/needed_members.json')) {
  test(`of ${count} members ${needed} are needed where ${asked} must be left`, () =>
    assert.equal(losses.need(asked, count), needed));
}

test('what is filled in is not filled again', () => {
  assert.equal(words.fill('%(a)s and %(b)s', { a: '%(b)s', b: 'x' }), '%(b)s and x');
  assert.equal(words.fill('%(missing)s', {}), '%(missing)s');
});

for (const { state, ...said } of require('../cases/state_words.json')) {
  for (const [language, word] of Object.entries(said)) {
    test(`what a failure leaves is called as the API calls it: ${state} (${language})`, () =>
      inLanguage(CATALOGS[language], () => assert.equal(words.outcome(state), word)));
  }
}

for (const { case: name, en, de, ...promise } of require('../cases/promise_sentences.json')) {
  for (const [language, sentence] of Object.entries({ en, de })) {
    test(`a promise is told as the API tells it: ${name} (${language})`, () =>
      inLanguage(CATALOGS[language], () => assert.equal(whatIf.sentence(promise), sentence)));
  }
}

test('what one failure of each level leaves is a word each', () => {
  const levels = [['host', 'works'], ['rack', 'degraded'], ['zone', 'down']]
    .map(([level, label]) => ({ level_label: level, label }));
  assert.equal(words.outcomes(levels), 'After the loss of any one host: works · rack: degraded · zone: down');
  assert.equal(words.outcomes(levels.slice(0, 1), true), 'As planned, after the loss of any one host: works');
  assert.equal(words.outcomes([]), 'Not known yet.');
});

test('counts agree with their nouns', () => {
  assert.equal(words.members(1), '1 member');
  assert.equal(words.members(6), '6 members');
  assert.equal(words.domains('rack', 1), '1 rack');
  assert.equal(words.domains('room', 3), '3 rooms');
  assert.equal(words.left(0, 3), 'none left');
  assert.equal(words.left(2, 3), '2 of 3 left');
});

test('a flavor is told in the units people use', () => {
  assert.equal(words.size({ vcpus: 2, ram: 4096, disk: 20 }), '2 vCPU, 4 GB, disk 20 GB');
  assert.equal(words.size({ vcpus: 1, ram: 512, disk: 1 }), '1 vCPU, 512 MB, disk 1 GB');
});
