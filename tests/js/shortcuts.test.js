// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles, document } = require('./scripts.js');
const { shortcuts, cardFocus } = ensembles;
const { el } = ensembles.dom;

const press = (key, more = {}) => ({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more });
const CTRL = { ctrlKey: true };

for (const [sentence, event, place, expected, typed] of [
  ['Ctrl+Z takes a step back', press('z', CTRL), 'page', 'undo'],
  ['Ctrl+Shift+Z takes it again', press('Z', { ...CTRL, shiftKey: true }), 'page', 'redo'],
  ['Ctrl+Y too', press('y', CTRL), 'card', 'redo'],
  ['Command is Control on a Mac', press('z', { metaKey: true }), 'inside', 'undo'],
  ['in a field that was only entered, Ctrl+Z is the drawing’s', press('z', CTRL), 'text', 'undo'],
  ['in a field that was typed in, it is the field’s', press('z', CTRL), 'text', null, true],
  ['and so is Ctrl+Y', press('y', CTRL), 'text', null, true],
  ['AltGr makes letters', press('z', { ...CTRL, altKey: true }), 'page', null],
  ['other letters with Control are the browser’s', press('d', CTRL), 'card', null],
  ['Delete removes the card', press('Delete'), 'card', 'remove'],
  ['Backspace too', press('Backspace'), 'card', 'remove'],
  ['Delete in a field deletes a letter', press('Delete'), 'text', null],
  ['Delete on a button of the card does nothing', press('Delete'), 'inside', null],
  ['D duplicates the card', press('d'), 'card', 'duplicate'],
  ['with the capitals locked too', press('D'), 'card', 'duplicate'],
  ['D in a field is a letter', press('d'), 'text', null],
  ['D elsewhere does nothing', press('d'), 'page', null],
  ['N adds a tier', press('n'), 'card', 'add'],
  ['down goes to the next card', press('ArrowDown'), 'card', 'next'],
  ['down in a field is the field’s', press('ArrowDown'), 'text', null],
  ['Enter goes into the card', press('Enter'), 'card', 'enter'],
  ['Escape leaves the card', press('Escape'), 'card', 'leave'],
  ['Escape leaves a field for its card', press('Escape'), 'text', 'out'],
  ['Escape leaves a button for its card', press('Escape'), 'inside', 'out'],
  ['Escape elsewhere does nothing', press('Escape'), 'page', null],
  ['? lists the keys', press('?', { shiftKey: true }), 'page', 'help'],
  ['? on a card lists them too', press('?'), 'card', 'help'],
  ['? in a field is a sign', press('?'), 'text', null],
  ['a name that every object has is no key', press('constructor'), 'card', null],
]) {
  test('keys: ' + sentence, () => assert.equal(shortcuts.meaning(event, place, typed) || null, expected));
}

test('where a key was pressed decides what it does', () => {
  const card = el('div', { class: 'ens-card', 'data-tier': 't1' },
    el('input', { type: 'text' }), el('input', { type: 'checkbox' }), el('select', {}), el('textarea', {}),
    el('button', {}));
  assert.equal(shortcuts.where(card), 'card');
  assert.deepEqual([...card.children].map(shortcuts.where), ['text', 'inside', 'text', 'text', 'inside']);
  assert.equal(shortcuts.where(el('button', {})), 'page');
  // A cell of the preview's table is about a tier too.
  assert.equal(shortcuts.where(el('td', { 'data-tier': 'web' })), 'page');
});

function board(...keys) {
  const list = el('ol', {});
  const add = el('button', { id: 'ens-add-tier' });
  const fill = (...wanted) => list.replaceChildren(...wanted.map((key) =>
    el('li', { id: key, class: 'ens-card', 'data-tier': key, tabindex: -1 }, el('button', { id: key + '-remove' }))));
  document.body.replaceChildren(list, add);
  const open = cardFocus.open(list);
  open.redraw(() => fill(...keys));
  return { open, fill, focused: () => document.activeElement.id, stops: () =>
    [...list.children].filter((card) => card.tabIndex === 0).map((card) => card.id) };
}

test('Tab stops once at the cards, where the focus was last', () => {
  const { open, stops } = board('t1', 't2', 't3');
  assert.deepEqual(stops(), ['t1']);
  document.getElementById('t2-remove').focus();
  assert.deepEqual(stops(), ['t2']);
  open.go(document.getElementById('t2'), 'next');
  assert.deepEqual(stops(), ['t3']);
  open.go(document.getElementById('t3'), 'next');
  assert.deepEqual(stops(), ['t3']);
  open.go(document.getElementById('t3'), 'first');
  assert.deepEqual(stops(), ['t1']);
});

for (const [sentence, before, after, expected] of [
  ['to where it was', 't2-remove', ['t1', 't2', 't3'], 't2-remove'],
  ['to the card that took the place of one removed', 't2-remove', ['t1', 't3'], 't3'],
  ['to the last card when the last one was removed', 't3', ['t1', 't2'], 't2'],
  ['to the button that adds one when none is left', 't1', [], 'ens-add-tier'],
  ['nowhere else when it was elsewhere', 'ens-add-tier', ['t1'], 'ens-add-tier'],
]) {
  test('after the cards have changed the focus goes ' + sentence, () => {
    const { open, fill, focused } = board('t1', 't2', 't3');
    document.getElementById(before).focus();
    open.redraw(() => fill(...after));
    assert.equal(focused(), expected);
  });
}
