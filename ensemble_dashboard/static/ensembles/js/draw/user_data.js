// SPDX-License-Identifier: Apache-2.0
/* User data: a text to be typed or a file to be loaded; kept as base64, since a file need not be text. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;

  /** How many bytes it may be, which base64 makes a third longer. */
  function most() {
    return Math.floor(ensembles.limits.limit('max_user_data_characters') / 4) * 3;
  }

  function encode(bytes) {
    let text = '';
    for (const byte of bytes) { text += String.fromCharCode(byte); }
    return btoa(text);
  }

  /** What is encoded; base64 from elsewhere may stand on several lines. */
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

  /** Bring the field to life; change(base64) is told of each change. Gives what shows other user data, as base64. */
  function open(change) {
    const [area, file, size] = ['', '-file', '-size'].map((part) => document.getElementById('sheet-userData' + part));

    function tell(bytes, sentence) {
      size.textContent = fill(sentence, { bytes, most: most() });
      size.classList.toggle('ens-bad', bytes > most());
    }

    function show(base64) {
      const text = textOf(base64);
      area.value = text ?? '';
      told(base64, text);
    }

    function told(base64, text) {
      tell(decode(base64).length, text === null ? gettext('A file of %(bytes)s bytes that is no text; at most %(most)s.')
        : gettext('%(bytes)s of at most %(most)s bytes.'));
    }

    area.addEventListener('input', () => {
      const base64 = encode(new TextEncoder().encode(area.value));
      told(base64, area.value);
      change(base64);
    });
    file.addEventListener('change', async () => {
      const [chosen] = file.files;
      if (!chosen) { return; }
      if (chosen.size > most()) {
        tell(chosen.size, gettext('That file has %(bytes)s bytes; user data has at most %(most)s.'));
      } else {
        const base64 = encode(new Uint8Array(await chosen.arrayBuffer()));
        show(base64);
        change(base64);
      }
      file.value = ''; // the same file can be chosen again
    });
    return show;
  }

  ensembles.userData = { encode, textOf, open, most };
}());
