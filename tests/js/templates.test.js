// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles } = require('./scripts.js');
const { CHOICES } = require('./samples.js');
const { templates, gallery, model } = ensembles;

const DATA = { choices: CHOICES, levels: ['host', 'rack', 'zone'] };
const drawn = (id, draft = model.empty(), data = DATA) => templates.draw(templates.named(id), data, draft);

for (const template of templates.TEMPLATES) {
  test('a template is complete, and its policies are about its tiers: ' + template.id, () => {
    const draft = drawn(template.id);
    const body = model.body(draft, 'x');
    const complete = template.id === 'empty' ? ['Add a tier.'] : [];
    assert.deepEqual(model.problems(draft).map((problem) => problem.message), complete);
    assert.deepEqual(body.tiers.map((tier) => [tier.name, tier.count]), template.tiers);
    assert.equal(body.policies.length, template.policies.length);
    for (const [index, policy] of template.policies.entries()) {
      assert.deepEqual(body.policies[index].tiers, policy.tiers);
      assert.equal(body.policies[index].to, policy.to);
      assert.equal(body.policies[index].min_available ?? 1, policy.min_available ?? 1);
    }
    // The picture shows the tiers there are, and as many members as there is room for.
    for (const held of template.picture) {
      assert.ok([...held].every((tier) => Number(tier) < template.tiers.length), held);
    }
  });
}

test('a template is made of the smallest flavor that the first image fits on', () => {
  const images = [{ id: 'i-9', name: 'big', min_disk: 10, min_ram: 1024 }];
  const draft = drawn('quorum', model.empty(), { ...DATA, choices: { ...CHOICES, images } });
  assert.deepEqual([draft.tiers[0].flavor, draft.tiers[0].image], ['f-small', 'i-9']);
});

test('what has a name and a description keeps them', () => {
  const draft = drawn('workers', { ...model.empty(), name: 'mine', description: 'Mine.' });
  assert.deepEqual([draft.name, draft.description], ['mine', 'Mine.']);
  assert.equal(drawn('workers').name, 'farm');
});

test('a policy at a level that the cloud does not have is left out', () => {
  const { policies } = drawn('three-tier', model.empty(), { ...DATA, levels: ['host'] });
  assert.deepEqual(policies.map((policy) => policy.level), ['host', 'host']);
});

test('a template that does not exist is none', () => {
  for (const id of ['', null, 'constructor']) { assert.equal(templates.named(id), undefined); }
});

test('each card of the gallery draws its template, and the empty board does not offer emptiness', () => {
  const chosen = [];
  const cards = gallery.cards((template) => chosen.push(template.id));
  cards.querySelectorAll('button').forEach((button) => button.click());
  assert.deepEqual(chosen, ['three-tier', 'active-standby', 'quorum', 'workers', 'empty']);
  const circles = cards.querySelector('[data-template=three-tier]').querySelectorAll('circle');
  assert.equal(circles.length, 8);
  assert.equal(gallery.invitation(() => {}).querySelectorAll('button').length, 4);
});
