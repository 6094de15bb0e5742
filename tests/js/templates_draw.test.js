// SPDX-License-Identifier: Apache-2.0
'use strict';
/* A drawing with parameters: what a template is drawn as, and which template a drawing is. */
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles } = require('./scripts.js');

const { templateDraft, values, drafts, newTemplate } = ensembles;

const SERVER = { flavor: { get_param: 'flavor' }, image: 'i1', networks: ['n1', { get_param: 'net' }] };
const TEMPLATE = {
  name: 'web service', description: 'What it is', parameters: {
    count: { type: 'number', default: 3, constraints: [{ range: { min: 2, max: 8 } }] },
    flavor: { type: 'string', default: 'f1' },
    net: { type: 'string', constraints: [{ custom_constraint: 'neutron.network' }] },
    standby: { type: 'boolean', default: false }, role: { type: 'string', default: 'x' },
  },
  ensemble: {
    metadata: { owner: { str_replace: { template: 'of $r', params: { $r: { get_param: 'role' } } } } },
    tiers: [
      { name: 'web', count: { get_param: 'count' }, server: { ...SERVER, metadata: { 'a.b': { get_param: 'role' } } } },
      { name: 'standby', count: 1, server: SERVER, when: { not: { get_param: 'standby' } } },
    ],
    policies: [{
      type: 'anti-affinity', level: 'host', tiers: ['web'], enforcement: 'hard', max_per_domain: { get_param: 'count' },
    }],
  },
};
const CHOICES = { networks: [{ id: 'n9', name: 'private' }] };
const draw = () => templateDraft.drawn(TEMPLATE, CHOICES);

test('a template that is drawn is the same template again', () => {
  const saved = templateDraft.template(draw());
  assert.deepEqual(saved, TEMPLATE);
});

test('a template is drawn with its defaults, and with an example where it has none', () => {
  const { tiers: [web, standby], metadata } = draw();
  assert.deepEqual([web.count, web.flavor, web.networks, web.metadata], [3, 'f1', ['n1', 'n9'], [['a.b', 'x']]]);
  assert.deepEqual([standby.when, metadata], [{ not: { get_param: 'standby' } }, [['owner', 'of $r']]]);
});

test('what is drawn in the place of a parameter becomes its default, in all its places', () => {
  const before = draw();
  const after = templateDraft.settled(before, drafts.changeTier(before, before.tiers[0].key, { count: 5, flavor: 'f2' }));
  assert.deepEqual([after.parameters.count.default, after.parameters.flavor.default], [5, 'f2']);
  assert.equal(after.tiers[1].flavor, 'f2');
  assert.deepEqual(after.tiers.map((tier) => tier.key), before.tiers.map((tier) => tier.key));
  assert.equal(templateDraft.template(after).ensemble.policies[0].max_per_domain.get_param, 'count');
});

test('an example is no default: what must be given must be given whatever is drawn', () => {
  const before = draw();
  const after = templateDraft.settled(before,
    drafts.changeTier(before, before.tiers[0].key, { networks: ['n1', 'n2'] }));
  assert.ok(!Object.hasOwn(after.parameters.net, 'default'));
  assert.deepEqual(after.tiers[1].networks, ['n1', 'n2']);
});

test('what is not drawn any more refers to nothing', () => {
  const before = draw();
  const after = templateDraft.settled(before, drafts.changeTier(before, before.tiers[0].key, { networks: 'none' }));
  assert.equal(templateDraft.template(after).ensemble.tiers[0].server.networks, 'none');
});

test('a value becomes a new parameter of its kind, and again what is drawn', () => {
  const before = draw();
  const { key } = before.tiers[1];
  const [added, name] = templateDraft.add(before, ['server', 'image'], 'i1', 'standby');
  assert.equal(name, 'standby_image');
  assert.deepEqual(added.parameters[name], {
    type: 'string', default: 'i1', constraints: [{ custom_constraint: 'glance.image' }],
  });
  const bound = templateDraft.bind(added, 'tiers', key, ['server', 'image'], { get_param: name });
  assert.deepEqual(templateDraft.template(bound).ensemble.tiers[1].server.image, { get_param: name });
  const free = templateDraft.bind(bound, 'tiers', key, ['server', 'image'], null);
  assert.equal(templateDraft.template(free).ensemble.tiers[1].server.image, 'i1');
  assert.equal(templateDraft.add(added, ['server', 'image'], 'i1', 'standby')[1], 'standby_image_2');
});

test('a parameter that is removed leaves what is drawn, and no condition', () => {
  const gone = ['standby', 'role', 'flavor'].reduce(templateDraft.remove, draw());
  const { parameters, ensemble } = templateDraft.template(gone);
  assert.deepEqual(Object.keys(parameters), ['count', 'net']);
  assert.deepEqual(values.names(ensemble).sort(), ['count', 'count', 'net', 'net']);
  assert.ok(!('when' in ensemble.tiers[1]));
  assert.deepEqual(ensemble.metadata, { owner: 'of $r' });
});

test('a parameter that is renamed is so wherever it stands, and keeps its place', () => {
  const saved = templateDraft.template(templateDraft.rename(draw(), 'role', 'part'));
  assert.deepEqual(Object.keys(saved.parameters), ['count', 'flavor', 'net', 'standby', 'part']);
  assert.deepEqual(saved.ensemble.metadata.owner.str_replace.params, { $r: { get_param: 'part' } });
  assert.ok(!values.names(saved.ensemble).includes('role'));
});

for (const [field, expected] of [
  ['template.ensemble.tiers[0].count', 'ensemble.tiers[0].count'], ['template.name', 'name'],
  ['template.parameters.count.default', 'parameters'], ['ensemble.name', 'ensemble.name'],
]) {
  test('an error of the API is about the drawing: ' + field, () => {
    const problem = newTemplate.explain({ message: 'm', details: { field, reason: 'no' } });
    assert.equal(problem.details.field, expected);
  });
}
