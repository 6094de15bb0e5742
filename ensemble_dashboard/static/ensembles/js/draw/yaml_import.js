// SPDX-License-Identifier: Apache-2.0
/* A drawing from YAML: pasted or from a file, with what is wrong shown at its line. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el, fillIn, icon, errorLink } = ensembles.dom;

  const MAX_BYTES = 2 * 1024 * 1024; // more is not sent; the dashboard would not take it

  /**
   * Bring the window to life. read(text): gives a promise of the ensemble; done(ensemble): it was read.
   * The text stays when the window is closed, and whatever is wrong with it.
   */
  function open(read, done) {
    const [text, numbers, wrong, file, go] = ['', '-lines', '-error', '-file', '-draw']
      .map((name) => document.getElementById('ens-yaml' + name));

    async function load() {
      const [chosen] = file.files;
      if (!chosen) { return; }
      // What was there before is not what was chosen, whatever becomes of that.
      text.value = '';
      try {
        text.value = await textOf(chosen);
        tell();
        text.focus();
      } catch (problem) {
        tell({ message: problem.message });
      }
      file.value = ''; // the same file can be chosen again
    }

    /** The text of a file; an error that says why it has none. */
    async function textOf(chosen) {
      if (chosen.size > MAX_BYTES) { throw new Error(gettext('This file is too large to be an ensemble.')); }
      const bytes = new Uint8Array(await chosen.arrayBuffer());
      try {
        if (bytes.includes(0)) { throw new TypeError(); }
        return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      } catch {
        throw new Error(fill(gettext('“%(name)s” is no text: choose a YAML file in UTF-8.'), { name: chosen.name }));
      }
    }

    async function draw() {
      go.disabled = true;
      try {
        const ensemble = await read(text.value);
        text.closest('dialog').close();
        done(ensemble);
      } catch (problem) {
        const { line } = problem.details || {};
        tell({ line, told: problem.told, message: line
          ? fill(gettext('Line %(line)s: %(problem)s'), { line, problem: problem.message }) : problem.message });
      } finally {
        go.disabled = false;
      }
    }

    /** Number the lines, and show what is wrong, with the cursor in its line. */
    function tell({ line, message, told } = {}) {
      const lines = text.value.split('\n');
      fillIn(numbers, lines.map((_line, index) => el('span', { class: index + 1 === line && 'is-wrong' }, index + 1)));
      fillIn(wrong, message && [icon('bad'), ' ', message, ' ', errorLink({ told })]);
      if (line) {
        const start = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
        text.focus();
        text.setSelectionRange(start, start + lines[line - 1].length);
        text.scrollTop = (line - 4) * (text.scrollHeight / lines.length);
      }
      numbers.scrollTop = text.scrollTop;
    }

    text.addEventListener('input', () => tell());
    text.addEventListener('scroll', () => { numbers.scrollTop = text.scrollTop; });
    file.addEventListener('change', load);
    go.addEventListener('click', draw);
    go.disabled = false;
    tell();
  }

  ensembles.yamlImport = { open };
}());
