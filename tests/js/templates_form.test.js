// SPDX-License-Identifier: Apache-2.0
'use strict';
/* The form of a template: what its fields begin with, what they say, and what is wrong with that. */
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, document } = require('./scripts.js');
const { HOSTILE } = require('./samples.js');

const { parameters, instances, parameterField, catalog } = ensembles;

const number = { type: 'number', constraints: [{ range: { min: 2, max: 8 } }] };
const TEMPLATE = {
  version: 3, parameters: {
    count: { ...number, default: 3, label: 'Web servers' }, site: { type: 'string' },
    standby: { type: 'boolean', default: false },
  },
};

for (const [what, parameter, text, expected] of [
  ['a number', number, ' 4 ', 4],
  ['a negative number', { type: 'number' }, '-4', -4],
  ['no number', number, 'four', 'four'],
  ['an empty number', number, ' ', undefined],
  ['a text as it is', { type: 'string' }, ' a ', ' a '],
  ['an empty text', { type: 'string' }, '', undefined],
  ['a flag', { type: 'boolean' }, false, false],
  ['a list', { type: 'comma_delimited_list' }, 'a, b,c', ['a', 'b', 'c']],
  ['an empty list', { type: 'comma_delimited_list' }, '', undefined],
  ['JSON', { type: 'json' }, '{"a": [1]}', { a: [1] }],
  ['no JSON', { type: 'json' }, '{', '{'],
]) {
  test('a field is read: ' + what, () => assert.deepEqual(parameters.read(parameter, text), expected));
}

for (const [type, value] of [
  ['number', -7], ['string', 'ü'], ['boolean', true], ['comma_delimited_list', ['a', 'b']], ['json', { a: [1, 'x'] }],
]) {
  test('a default comes back from its field as it was: ' + type, () => {
    const parameter = { type, default: value };
    assert.deepEqual(parameters.read(parameter, parameters.first(parameter)), value);
  });
}

for (const [what, parameter, text, expected] of [
  ['nothing where a default is taken', { ...number, default: 2 }, '', ''],
  ['nothing where something is wanted', number, '', 'This must be given.'],
  ['no number', number, '2.5', 'This must be a whole number.'],
  ['too small', number, '1', 'At least 2.'],
  ['too large', number, '9', 'At most 8.'],
  ['as large as can be', number, '8', ''],
  ['too short', { type: 'string', constraints: [{ length: { min: 2 } }] }, 'a', 'At least 2 characters or items.'],
  ['a sign of two code units is one', { type: 'string', constraints: [{ length: { max: 1 } }] }, '😀', ''],
  ['too many', { type: 'comma_delimited_list', constraints: [{ length: { max: 1 } }] }, 'a, b',
    'At most 1 characters or items.'],
  ['another value', { type: 'string', constraints: [{ allowed_values: ['a', 'b'] }] }, 'c', 'One of a, b.'],
  ['another item', { type: 'comma_delimited_list', constraints: [{ allowed_values: ['a'] }] }, 'a, c', 'One of a.'],
  ['in the words of the author', { type: 'string', constraints: [{ allowed_values: ['a'], description: 'Only a.' }] },
    'c', 'Only a.'],
  ['a pattern, which the API matches', { type: 'string', constraints: [{ allowed_pattern: '(a+)+b' }] }, 'a'.repeat(99), ''],
  ['no object', { type: 'json' }, '7', 'This must be an object or a list in JSON.'],
]) {
  test('what is wrong with a value: ' + what, () => assert.equal(parameters.fault(parameter, text), expected));
}

for (const [name, expected] of [
  ['shop', 'shop-2'], ['shop-2', 'shop-3'], ['shop-9', 'shop-10'], ['web1', 'web-2'], ['', ''], ['7', '-8'],
]) {
  test(`the one after “${name}” is called “${expected}”`, () => assert.equal(instances.nextName(name, [name]), expected));
}

test('another one has the values of the last one and a name of its own', () => {
  let all = instances.rename(instances.first(TEMPLATE), 'i1', 'shop');
  all = instances.change(all, 'i1', 'count', '5');
  all = instances.add(instances.add(all));
  assert.deepEqual(all.map(({ name, fields }) => [name, fields.count]), [['shop', '5'], ['shop-2', '5'], ['shop-3', '5']]);
  all = instances.add(instances.remove(all, 'i2'));
  assert.deepEqual(all.map(({ key, name }) => [key, name]), [['i1', 'shop'], ['i3', 'shop-3'], ['i4', 'shop-4']]);
});

test('what is left empty is left to its default', () => {
  const all = instances.change(instances.rename(instances.first(TEMPLATE), 'i1', ' shop '), 'i1', 'count', '');
  assert.deepEqual(instances.body(all, TEMPLATE), {
    version: 3, instances: [{ name: 'shop', parameters: { standby: false } }],
  });
});

test('what is missing or wrong is told of each', () => {
  let all = instances.add(instances.rename(instances.first(TEMPLATE), 'i1', 'shop'));
  all = instances.rename(instances.change(all, 'i1', 'site', 'x'), 'i2', 'shop');
  assert.deepEqual(instances.faults(all, TEMPLATE), [
    { key: 'i1', field: '', message: 'Another one has this name.' },
    { key: 'i2', field: '', message: 'Another one has this name.' },
    { key: 'i2', field: 'site', message: 'This must be given.' },
  ]);
});

for (const [where, expected] of [
  ['parameters.count', ['i1', 'count']], ['instances[1].parameters.site', ['i2', 'site']],
  ['instances[1].name', ['i2', '']],
  ['ensemble.name', ['i1', '']], ['ensemble.tiers[0].count', null], ['instances[7].name', null],
  ['parameters.toString', null],
]) {
  test('an error of the API goes to its field: ' + where, () => {
    const all = instances.add(instances.first(TEMPLATE));
    const found = instances.place(all, TEMPLATE, { field: where, reason: 'no' });
    assert.deepEqual(found && [found.key, found.field], expected);
  });
}

test('a fault is a sentence of its own', () => {
  const all = instances.add(instances.rename(instances.first(TEMPLATE), 'i1', 'shop'));
  const said = (place) => instances.sentence(all, TEMPLATE, { ...place, message: 'At most 8.' });
  assert.equal(said({ key: 'i2', field: 'count' }), 'shop-2, Web servers: At most 8.');
  assert.equal(instances.sentence([all[0]], TEMPLATE, { key: 'i1', field: '', message: 'No.' }), 'No.');
});

/** The field of a parameter, and what it was changed to. */
function field(parameter, value) {
  const changes = [];
  const catalogue = catalog.open({
    flavors: [{ id: 'f1', name: 'm1.small' }], networks: [{ id: 'n1', name: HOSTILE[0] }],
    more: { networks: 'n1' }, missing: [],
  }, () => new Promise(() => {}));
  const asked = [];
  const node = parameterField.view({
    id: 'x', name: 'p', parameter, value: value ?? parameters.first(parameter), catalogue,
    change: (one) => changes.push(one),
    more: (...what) => asked.push(what),
  });
  document.body.replaceChildren(node);
  return { node, input: node.querySelector('#x'), changes, asked };
}

for (const [what, parameter, tag, type] of [
  ['a number', number, 'input', 'number'], ['a text', { type: 'string' }, 'input', 'text'],
  ['a flag', { type: 'boolean', default: true }, 'input', 'checkbox'], ['JSON', { type: 'json' }, 'textarea', 'textarea'],
  ['one of some', { type: 'number', constraints: [{ allowed_values: [1, 2] }] }, 'select', 'select-one'],
  ['a flavor', { type: 'string', constraints: [{ custom_constraint: 'nova.flavor' }] }, 'select', 'select-one'],
  ['an image of a cloud without images', { type: 'string', constraints: [{ custom_constraint: 'glance.image' }] },
    'input', 'text'],
]) {
  test('a parameter has a field of its kind: ' + what, () => {
    const { input, node } = field({ ...parameter, label: HOSTILE[0] });
    assert.deepEqual([input.localName, input.type], [tag, type]);
    assert.ok(node.querySelector('label[for=x]').textContent.includes(HOSTILE[0]));
  });
}

test('what is not on the first page is chosen from the whole list, and until then nothing changes', () => {
  const parameter = { type: 'string', default: 'n9', constraints: [{ custom_constraint: 'neutron.network' }] };
  const { input, changes, asked } = field(parameter);
  assert.deepEqual([...input.options].map((one) => one.textContent), ['n9', HOSTILE[0], 'More…']);
  assert.equal(input.value, 'n9');
  input.value = input.options[2].value;
  input.dispatchEvent(new document.defaultView.Event('change'));
  assert.deepEqual([changes, asked[0].slice(0, 2), input.value], [[], ['networks', 'n9'], 'n9']);
  input.value = 'n1';
  input.dispatchEvent(new document.defaultView.Event('change'));
  assert.deepEqual(changes, ['n1']);
});
