// SPDX-License-Identifier: Apache-2.0
/* A drawing from YAML: pasted or from a file, with what is wrong shown at its line. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, fill } = ensembles.words;
  const { el, fillIn, icon } = ensembles.dom;

  const MAX_BYTES = 2 * 1024 * 1024; // more is not sent; the dashboard would not take it

  /**
   * Make the dialog, closed. read(text): gives a promise of the ensemble; done(ensemble): it was read.
   * The text stays when the dialog is closed, and whatever is wrong with it.
   */
  function make(read, done) {
    const numbers = el('pre', { class: 'ens-lines', 'aria-hidden': 'true' });
    const wrong = el('p', { id: 'ens-yaml-error', class: 'ens-bad', role: 'alert' });
    const text = el('textarea', {
      id: 'ens-yaml', class: 'form-control', rows: 18, autofocus: true, wrap: 'off', spellcheck: 'false',
      'aria-describedby': 'ens-yaml-error',
      on: { input: () => tell(null), scroll: () => { numbers.scrollTop = text.scrollTop; } },
    });
    const go = el('button', { id: 'ens-yaml-draw', type: 'button', class: 'btn btn-primary', on: { click: draw } },
      gettext('Draw this'));
    const file = el('input', { id: 'ens-yaml-file', type: 'file', accept: '.yaml,.yml,.json', on: { change: load } });
    const dialog = ensembles.modal.make('ens-import', gettext('Import YAML'),
      el('p', {}, gettext('The same file as for the command line. What is drawn is replaced; undo brings it back.')),
      el('label', { for: 'ens-yaml-file' }, gettext('A file')), file,
      el('label', { for: 'ens-yaml' }, gettext('or its text')),
      el('div', { class: 'ens-text' }, numbers, text), wrong, el('div', { class: 'ens-modal-buttons' }, go));

    async function load() {
      const [chosen] = file.files;
      if (!chosen) { return; }
      if (chosen.size > MAX_BYTES) {
        tell({ message: gettext('This file is too large to be an ensemble.') });
      } else {
        text.value = await chosen.text();
        tell(null);
        text.focus();
      }
      file.value = ''; // the same file can be chosen again
    }

    async function draw() {
      go.disabled = true;
      try {
        const ensemble = await read(text.value);
        dialog.close();
        done(ensemble);
      } catch (problem) {
        const line = (problem.details || {}).line;
        tell({ line, message: line ? fill(gettext('Line %(line)s: %(problem)s'), { line, problem: problem.message })
          : problem.message });
      } finally {
        go.disabled = false;
      }
    }

    /** Number the lines, and show what is wrong, with the cursor in its line. */
    function tell(problem) {
      const lines = text.value.split('\n');
      fillIn(numbers, lines.map((_line, index) =>
        el('span', { class: problem && problem.line === index + 1 ? 'is-wrong' : null }, index + 1)));
      fillIn(wrong, problem ? [icon('bad'), ' ', problem.message] : null);
      if (problem && problem.line) {
        const start = lines.slice(0, problem.line - 1).join('\n').length + (problem.line > 1 ? 1 : 0);
        text.focus();
        text.setSelectionRange(start, start + lines[problem.line - 1].length);
        text.scrollTop = (problem.line - 4) * (text.scrollHeight / lines.length);
      }
      numbers.scrollTop = text.scrollTop;
    }

    tell(null);
    return dialog;
  }

  ensembles.importer = { make };
}());
