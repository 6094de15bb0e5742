// SPDX-License-Identifier: Apache-2.0
/* User data: a text to be typed or a file to be loaded; kept as base64, since a file need not be text. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, fill } = ensembles.words;
  const { el } = ensembles.dom;
  const MAX = Math.floor(ensembles.server.MAX_USER_DATA / 4) * 3; // bytes

  function encode(bytes) {
    let text = '';
    for (const byte of bytes) { text += String.fromCharCode(byte); }
    return btoa(text);
  }

  function decode(base64) {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  }

  /** The text that is encoded; null if it is none. */
  function textOf(base64) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(decode(base64));
    } catch {
      return null;
    }
  }

  /** id: of the text field; base64: what there is; change(base64) is told of each change. */
  function make(id, base64, change) {
    const given = textOf(base64);
    const size = el('p', { class: 'help-block', id: id + '-size', role: 'status' });
    const area = el('textarea', {
      id, class: 'form-control ens-user-data', rows: 10, spellcheck: 'false', 'aria-describedby': id + '-size',
      on: { input: () => take(encode(new TextEncoder().encode(area.value)), true) },
    });
    const file = el('input', { id: id + '-file', type: 'file', class: 'ens-file', on: { change: load } });
    area.value = given ?? '';

    function take(next, isText) {
      change(next);
      tell(next, isText);
    }

    function tell(next, isText) {
      const bytes = next.length / 4 * 3 - (next.match(/=*$/)[0].length);
      const words = !isText ? gettext('A file of %(bytes)s bytes that is no text; at most %(most)s.')
        : gettext('%(bytes)s of at most %(most)s bytes.');
      size.textContent = fill(words, { bytes: bytes.toLocaleString(), most: MAX.toLocaleString() });
      size.classList.toggle('ens-bad', bytes > MAX);
    }

    async function load() {
      const [chosen] = file.files;
      if (!chosen) { return; }
      if (chosen.size > MAX) {
        size.textContent = fill(gettext('%(file)s has %(bytes)s bytes; user data has at most %(most)s.'),
          { file: chosen.name, bytes: chosen.size.toLocaleString(), most: MAX.toLocaleString() });
        size.classList.add('ens-bad');
        return;
      }
      const loaded = encode(new Uint8Array(await chosen.arrayBuffer()));
      const text = textOf(loaded);
      area.value = text ?? '';
      take(loaded, text !== null);
    }

    tell(base64, given !== null);
    return el('div', {}, area, size, el('label', { for: file.id }, gettext('Load from a file')), file);
  }

  ensembles.userData = { encode, textOf, make, MAX };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.userData; }
}());
