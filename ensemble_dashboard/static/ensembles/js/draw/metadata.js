// SPDX-License-Identifier: Apache-2.0
/* Metadata: rows of a key and a value, with an empty one at the end to go on with. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { limit } = ensembles.limits;

  /** Bring the rows to life; change(pairs) is told of each change, without empty rows. Gives what shows other pairs. */
  function open(change) {
    const [rows, blank] = ['sheet-metadata', 'sheet-pair'].map((id) => document.getElementById(id));
    const values = (row) => [...row.querySelectorAll('input')].map((input) => input.value);

    function append(pair) {
      const row = blank.content.firstElementChild.cloneNode(true);
      row.querySelectorAll('input').forEach((input, place) => { input.value = pair[place]; });
      row.querySelector('button').append(ensembles.dom.icon('remove'));
      rows.append(row);
    }

    /** See to it that there is an empty row at the end. */
    function end() {
      const last = rows.lastElementChild;
      if ((!last || values(last).some(Boolean)) && rows.children.length < limit('max_metadata_items')) { append(['', '']); }
    }

    function changed() {
      end();
      change([...rows.children].map(values).filter(([key, value]) => key || value));
    }

    rows.addEventListener('input', changed);
    rows.addEventListener('click', ({ target }) => {
      if (!target.closest('button')) { return; }
      const row = target.closest('li');
      const next = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      changed();
      (next || rows.lastElementChild).querySelector('input').focus();
    });
    return (pairs) => {
      rows.replaceChildren();
      pairs.forEach(append);
      end();
    };
  }

  ensembles.metadata = { open };
}());
