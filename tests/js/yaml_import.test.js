// SPDX-License-Identifier: Apache-2.0
'use strict';
/* A file that is chosen takes the place of the text that was there, or says why it cannot. */
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, document, window } = require('./scripts.js');

/** The window with the text of another file in it, in which a file of these bytes is chosen. */
async function choose(bytes, size = bytes.length) {
  const { el } = ensembles.dom;
  document.body.replaceChildren(el('dialog', {}, el('textarea', { id: 'ens-yaml' }, 'name: old'),
    el('pre', { id: 'ens-yaml-lines' }), el('p', { id: 'ens-yaml-error' }),
    el('input', { id: 'ens-yaml-file', type: 'file' }), el('button', { id: 'ens-yaml-draw' })));
  ensembles.yamlImport.open(() => {}, () => {});
  const file = document.getElementById('ens-yaml-file');
  const chosen = { name: 'shop.bin', size, arrayBuffer: async () => Uint8Array.from(bytes).buffer };
  Object.defineProperty(file, 'files', { value: [chosen] });
  Object.defineProperty(file, 'value', { value: '', writable: true });
  file.dispatchEvent(new window.Event('change'));
  await new Promise((resolve) => { setImmediate(resolve); });
  return ['ens-yaml', 'ens-yaml-error'].map((id) => {
    const node = document.getElementById(id);
    return (node.value ?? node.textContent).trim();
  });
}

const text = (words) => [...new TextEncoder().encode(words)];

test('a text file is read', async () => {
  assert.deepEqual(await choose(text('name: söd\n')), ['name: söd', '']);
});

test('a file that is too large leaves nothing of the text before it', async () => {
  assert.deepEqual(await choose([], 3 * 2 ** 20), ['', 'This file is too large to be an ensemble.']);
});

for (const [name, bytes] of [['with zeros', [104, 0, 105]], ['that is no UTF-8', [137, 80, 78, 71, 255]]]) {
  test('a binary file is called what it is: one ' + name, async () => {
    assert.deepEqual(await choose(bytes), ['', '“shop.bin” is no text: choose a YAML file in UTF-8.']);
  });
}
