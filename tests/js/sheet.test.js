// SPDX-License-Identifier: Apache-2.0
'use strict';
/* What the side sheet is made of: the catalogue, the quota, user data, and a list to choose from. */
const test = require('node:test');
const assert = require('node:assert/strict');
const { setTimeout: rest } = require('node:timers/promises');
const { ensembles, window, document } = require('./scripts.js');
const { CHOICES, HOSTILE } = require('./samples.js');
const { catalog, quota, userData, picker, limits } = ensembles;

const asking = (answer) => {
  const asked = [];
  const ask = async (kind, query) => {
    asked.push(kind + '?' + query);
    return answer(kind, query);
  };
  return { asked, lists: catalog.open({ ...CHOICES, more: { images: 'i-1' }, missing: ['ports'] }, ask) };
};

test('the first page is there at once, with what the next one comes after', () => {
  const { asked, lists } = asking();
  assert.deepEqual(lists.first('images'), { items: CHOICES.images, next: 'i-1' });
  assert.deepEqual(lists.first('flavors').next, null);
  assert.equal(lists.first('ports'), null, 'could not be listed');
  assert.equal(lists.has('volumes'), false);
  assert.equal(lists.name('networks', 'n-1'), 'private');
  assert.equal(lists.name('networks', 'n-7'), 'n-7', 'nothing is known of it');
  assert.deepEqual(asked, []);
});

test('what is found is known from then on', async () => {
  const { asked, lists } = asking(() => ({ items: [{ id: 'i-2', name: 'debian' }], next: null }));
  await lists.find('images', 'deb & co', 'i-1');
  assert.deepEqual(asked, ['images?q=deb+%26+co&marker=i-1']);
  assert.equal(lists.name('images', 'i-2'), 'debian');
  assert.equal(lists.image({ image: 'i-2' }).name, 'debian');
  assert.equal(lists.image({ image: 'i-2', volumes: [] }), undefined, 'the image is not used');
});

test('ids are learned once, be they there or not', async () => {
  const { asked, lists } = asking(() => ({ items: [{ id: 'n-2', name: 'other' }] }));
  assert.equal(await lists.learn('networks', ['n-1', 'n-2', 'n-3', '']), true);
  assert.equal(await lists.learn('networks', ['n-2', 'n-3']), false);
  assert.deepEqual(asked, ['networks?id=n-2&id=n-3']);
});

const QUOTA = {
  instances: { used: 3, limit: 10 }, vcpus: { used: 5, limit: null }, ram: { used: 2048, limit: 4096 },
};
const flavor = (id) => CHOICES.flavors.find((one) => one.id === id);

test('the quota is of the whole drawing', () => {
  const tiers = [{ count: 3, flavor: 'f-tiny' }, { count: 1, flavor: 'f-small' }, { count: null, flavor: 'f-none' }];
  assert.deepEqual(quota.figures(tiers, QUOTA, flavor), [
    { name: 'instances', used: 3, adds: 4, limit: 10, over: false },
    { name: 'vcpus', used: 5, adds: 4, limit: null, over: false },
    { name: 'ram', used: 2048, adds: 3584, limit: 4096, over: true },
  ]);
  assert.deepEqual(quota.figures(tiers, null, flavor), [], 'it could not be had');
});

test('just as much as there is, is not too much', () => {
  const [instances] = quota.figures([{ count: 7, flavor: 'f-none' }], QUOTA, flavor);
  assert.equal(instances.over, false);
});

test('what is too much is said and not only coloured', () => {
  const tiers = [{ count: 8, flavor: 'f-tiny' }];
  const bars = quota.bars(quota.figures(tiers, QUOTA, flavor));
  const words = [...bars.children].map((item) => item.textContent.trim());
  assert.equal(words[0], 'Instances: 3 in use, 8 more with this drawing, of 10. That is 1 too many.');
  assert.equal(words[1], 'vCPUs: 5 in use, 8 more with this drawing, no limit.');
  assert.match(words[2], /^RAM: 2 GB in use, 4 GB more with this drawing, of 4 GB\. That is 2 too many\.$/);
  assert.equal(bars.querySelectorAll('.is-over .ens-icon-warn').length, 2);
});

for (const text of ['', '#!/bin/sh\n', 'grüß Gott \u{1F419}\r\n', '\ufeffwith a mark', ...HOSTILE]) {
  test('user data comes back as it was: ' + JSON.stringify(text.slice(0, 20)), () => {
    assert.equal(userData.textOf(userData.encode(new TextEncoder().encode(text))), text);
  });
}

test('what is no text is kept, and not shown as one', () => {
  const gzip = userData.encode(Uint8Array.of(0x1f, 0x8b, 8, 0, 255));
  assert.equal(gzip, 'H4sIAP8=');
  assert.equal(userData.textOf(gzip), null);
});

test('the largest file is as large as Nova takes', () => {
  assert.ok(userData.encode(new Uint8Array(userData.most())).length <= limits.limit('max_user_data_characters'));
  assert.ok(userData.encode(new Uint8Array(userData.most() + 3)).length > limits.limit('max_user_data_characters'));
});

/** A list as _picker.html has it. */
function list(asked, first) {
  const { el } = ensembles.dom;
  const root = el('div', { id: 'p' }, el('ol', { class: 'ens-chosen' }), el('input', { type: 'search' }),
    el('div', { class: 'ens-picker-rows' }, el('table', {}, el('tbody', {}))), el('button', {}),
    el('p', { class: 'ens-picker-told' }));
  document.body.replaceChildren(root);
  const told = [];
  const lists = catalog.open({ things: first.items, more: { things: first.next } }, asked.ask);
  const show = picker.open(root, { kind: 'things', catalogue: lists, change: (ids) => told.push(ids), ...asked });
  const rows = () => [...root.querySelectorAll('tbody tr')].map((row) => row.querySelector('label').textContent);
  return { root, told, show, rows, click: (id) => root.querySelector('[value="' + id + '"]').click() };
}

const things = (...names) => names.map((name) => ({ id: 'id-' + name, name }));

test('one is chosen, or none', () => {
  const { told, show, click, root } = list({ none: 'None' }, { items: things('a', 'b') });
  show(['id-b']);
  assert.deepEqual([...root.querySelectorAll('input:checked')].map((input) => input.value), ['id-b']);
  assert.equal(root.querySelector('.ens-chosen').children.length, 0, 'its row is in sight');
  click('id-a');
  click('');
  assert.deepEqual(told, [['id-a'], []]);
});

test('several are chosen in an order that can be changed, and what is chosen stays in sight', () => {
  const { told, show, click, root } = list({ many: true, ask: async () => ({ items: [] }) }, { items: things('a', 'b') });
  const chosen = () => [...root.querySelectorAll('.ens-chosen li')].map((item) => item.textContent);
  show(['id-c']);
  click('id-b');
  click('id-a');
  assert.deepEqual(chosen(), ['id-c', 'b', 'a'], 'one is not on the page, and keeps its place');
  root.querySelectorAll('.ens-chosen li')[2].querySelector('button').click();
  root.querySelectorAll('.ens-chosen li')[0].querySelector('button').click();
  assert.deepEqual(told, [['id-c', 'id-b'], ['id-c', 'id-b', 'id-a'], ['id-c', 'id-a', 'id-b'], ['id-a', 'id-b']]);
  assert.deepEqual(chosen(), ['a', 'b']);
});

test('what does not do is said and cannot be chosen', () => {
  const refuse = (item) => (item.name === 'a' ? 'too small' : '');
  const { told, show, click, root } = list({ refuse }, { items: things('a', 'b') });
  show([]);
  assert.match(root.querySelector('tbody tr').textContent, /too small/);
  click('id-a');
  root.querySelector('tbody tr td').click();
  assert.deepEqual(told, []);
  click('id-b');
  assert.deepEqual(told, [['id-b']]);
});

test('a search and the next page are asked for, and a later answer wins', async () => {
  const asked = [];
  const answers = { x: things('x1'), xy: things('xy1') };
  const ask = async (kind, query) => {
    asked.push(query.toString());
    if (query.get('marker')) { return { items: things('c'), next: null }; }
    if (query.get('q') === 'x') { await rest(500); }
    return { items: answers[query.get('q')] || [], next: null };
  };
  const { show, rows, root } = list({ ask }, { items: things('a', 'b'), next: 'id-b' });
  const search = root.querySelector('[type=search]');
  const type = (text) => {
    search.value = text;
    search.dispatchEvent(new window.Event('input'));
  };
  show([]);
  root.querySelector('button').click();
  await rest(10);
  assert.deepEqual(rows(), ['a', 'b', 'c']);
  assert.equal(root.querySelector('button').hidden, true);
  type('x');
  await rest(300);
  type('xy');
  await rest(600);
  assert.deepEqual(rows(), ['xy1']);
  type('zz');
  await rest(300);
  assert.equal(root.querySelector('.ens-picker-told').textContent, 'Nothing has that in its name.');
  assert.deepEqual(asked, ['q=&marker=id-b', 'q=x', 'q=xy', 'q=zz']);
});

test('hostile names are shown as text', () => {
  const { show, rows, root } = list({ many: true }, { items: HOSTILE.map((name) => ({ id: name, name })) });
  show(HOSTILE);
  assert.deepEqual(rows(), HOSTILE.map(ensembles.dom.visible));
  assert.equal(root.querySelectorAll('img, script').length, 0);
});
