// SPDX-License-Identifier: Apache-2.0
/* The drawing as text beside it: tabs for the preview, the YAML and the command, kept up to date. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;
  const { el, fillIn, icon, errorLink } = ensembles.dom;

  const PAUSE = 300; // ms of quiet before the text is asked for

  /**
   * Bring the tabs to life. parts: of the frame; write(): gives a promise of {name, yaml, command}.
   * Gives what is to be called whenever the drawing is another one.
   */
  function open({ tabs, panel, text, code, copied }, write) {
    const all = [...tabs.children];
    let shown = all[0];
    let file = {};
    let timer = 0;
    let asked = 0;
    let heard = 0;

    function choose(tab) {
      shown = tab;
      for (const one of all) {
        one.setAttribute('aria-selected', String(one === tab));
        one.tabIndex = one === tab ? 0 : -1;
      }
      panel.hidden = tab !== all[0];
      text.hidden = !panel.hidden;
      text.setAttribute('aria-labelledby', tab.id);
      show();
      if (!text.hidden) { ask(); }
    }

    async function ask() {
      const turn = asked += 1;
      try {
        const found = await write();
        if (turn < heard) { return; }
        heard = turn;
        file = found;
        fillIn(copied);
        show();
      } catch (problem) {
        if (turn === asked) { fillIn(copied, icon('warn'), ' ', problem.message, ' ', errorLink(problem)); }
      }
    }

    function show() {
      code.textContent = file[shown.id.replace('ens-tab-', '')] || '';
    }

    async function copy() {
      try {
        await navigator.clipboard.writeText(code.textContent);
        fillIn(copied, icon('check'), ' ', gettext('Copied.'));
      } catch {
        // Browsers give the clipboard to pages on HTTPS alone.
        globalThis.getSelection().selectAllChildren(code);
        fillIn(copied, gettext('The text is selected: copy it with Ctrl+C.'));
      }
    }

    function download() {
      const url = URL.createObjectURL(new Blob([file.yaml || ''], { type: 'application/yaml' }));
      el('a', { href: url, download: file.name }).click();
      setTimeout(() => URL.revokeObjectURL(url));
    }

    tabs.addEventListener('click', ({ target }) => { if (all.includes(target)) { choose(target); } });
    tabs.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) { return; }
      event.preventDefault();
      const next = all[(all.indexOf(event.target) + step + all.length) % all.length];
      choose(next);
      next.focus();
    });
    document.getElementById('ens-copy').addEventListener('click', copy);
    document.getElementById('ens-download').addEventListener('click', download);
    return () => {
      clearTimeout(timer);
      if (!text.hidden) { timer = setTimeout(ask, PAUSE); }
    };
  }

  ensembles.textTabs = { open };
}());
