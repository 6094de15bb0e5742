// SPDX-License-Identifier: Apache-2.0
/* Metadata: rows of a key and a value, with an empty one at the end to go on with. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { limit } = ensembles.limits;

  /**
   * Bring the rows in the list with this id to life; change(pairs) is told of each change, without empty rows. Gives what
   * shows other pairs.
   */
  function open(id, change) {
    const rows = document.getElementById(id);
    const blank = document.getElementById('ens-pair');
    const values = (row) => [...row.querySelectorAll('input')].map((input) => input.value);
    const pairs = () => [...rows.children].map(values).filter(([key, value]) => key || value);

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
      change(pairs());
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
    return (wanted) => {
      // What somebody is typing in stays.
      if (rows.children.length && JSON.stringify(pairs()) === JSON.stringify(wanted)) { return; }
      rows.replaceChildren();
      wanted.forEach(append);
      end();
    };
  }

  ensembles.metadata = { open };
}());
