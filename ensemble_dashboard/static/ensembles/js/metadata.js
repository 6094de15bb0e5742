// SPDX-License-Identifier: Apache-2.0
/* Metadata: rows of a key and a value, with an empty one at the end to go on with. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext } = ensembles.words;
  const { el, icon } = ensembles.dom;
  const { MAX_PAIRS, MAX_TEXT } = ensembles.server;

  /** pairs: [[key, value]]; change(pairs) is told of each change, without empty rows. */
  function make(id, pairs, change) {
    const rows = el('ul', { class: 'ens-plain ens-pairs', id });
    const values = (line) => [...line.querySelectorAll('input')].map((input) => input.value);
    const read = () => [...rows.children].map(values).filter(([key, value]) => key || value);

    function changed() {
      change(read());
      const last = rows.lastElementChild;
      if ((!last || values(last).some(Boolean)) && rows.children.length < MAX_PAIRS) { rows.append(row(['', ''])); }
    }

    function row(pair) {
      const leaveOut = gettext('Remove this pair');
      const field = (value, label) => el('input', {
        type: 'text', class: 'form-control', value, maxlength: MAX_TEXT, 'aria-label': label, placeholder: label,
        spellcheck: 'false', on: { input: changed },
      });
      const made = el('li', {}, field(pair[0], gettext('Key')), field(pair[1], gettext('Value')), el('button', {
        type: 'button', class: 'btn btn-link ens-tool', 'aria-label': leaveOut, title: leaveOut,
        on: {
          click: () => {
            const next = made.nextElementSibling || made.previousElementSibling;
            made.remove();
            changed();
            (next && next.isConnected ? next : rows.lastElementChild).querySelector('input').focus();
          },
        },
      }, icon('remove')));
      return made;
    }

    rows.append(...pairs.map(row));
    if (pairs.length < MAX_PAIRS) { rows.append(row(['', ''])); }
    return rows;
  }

  ensembles.metadata = { make };
}());
