// SPDX-License-Identifier: Apache-2.0
/* The drawing as text beside it: tabs for the preview, the YAML and the command, kept up to date. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext } = ensembles.words;
  const { el, fillIn, icon } = ensembles.dom;

  const PAUSE = 300; // ms of quiet before the text is asked for

  /**
   * Make the tabs. preview: what the first one shows; write(): gives a promise of {name, yaml, command}.
   * Gives {tabs, panels, changed()}; call `changed` whenever the drawing is another one.
   */
  function build(preview, write) {
    const code = el('pre', { id: 'ens-code', class: 'ens-code', tabindex: 0 });
    const said = el('span', { role: 'status', class: 'ens-code-said' });
    const text = el('div', { id: 'ens-panel-text', role: 'tabpanel', hidden: true },
      el('div', { class: 'ens-code-tools' }, tool('ens-copy', 'copy', gettext('Copy'), copy),
        tool('ens-download', 'download', gettext('Download'), download), said), code);
    const panel = el('div', {
      id: 'ens-panel-preview', role: 'tabpanel', 'aria-labelledby': 'ens-tab-preview',
    }, preview);
    const tabs = el('div', {
      class: 'ens-tablist', role: 'tablist', 'aria-label': gettext('Beside the drawing'), on: { keydown },
    },
    tab('preview', 'ens-panel-preview', gettext('Preview')), tab('yaml', 'ens-panel-text', gettext('YAML')),
    tab('command', 'ens-panel-text', gettext('Command')));
    let shown = 'preview';
    let file = {};
    let timer = 0;
    let asked = 0;

    function tab(name, controls, label) {
      return el('button', {
        id: 'ens-tab-' + name, type: 'button', role: 'tab', 'aria-controls': controls, 'data-tab': name,
        'aria-selected': String(name === 'preview'), tabindex: name === 'preview' ? 0 : -1,
        on: { click: () => choose(name) },
      }, label);
    }

    function choose(name) {
      shown = name;
      for (const one of tabs.children) {
        const chosen = one.dataset.tab === name;
        one.setAttribute('aria-selected', String(chosen));
        one.tabIndex = chosen ? 0 : -1;
      }
      panel.hidden = name !== 'preview';
      text.hidden = !panel.hidden;
      text.setAttribute('aria-labelledby', 'ens-tab-' + name);
      show();
      if (!text.hidden) { ask(); }
    }

    function keydown(event) {
      const all = [...tabs.children];
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) { return; }
      event.preventDefault();
      const next = all[(all.indexOf(event.target) + step + all.length) % all.length];
      choose(next.dataset.tab);
      next.focus();
    }

    async function ask() {
      const turn = asked += 1;
      try {
        const found = await write();
        if (turn !== asked) { return; }
        file = found;
        fillIn(said);
        show();
      } catch (problem) {
        if (turn === asked) { fillIn(said, icon('warn'), ' ', problem.message); }
      }
    }

    function show() {
      code.textContent = file[shown] || '';
    }

    function changed() {
      clearTimeout(timer);
      if (!text.hidden) { timer = setTimeout(ask, PAUSE); }
    }

    async function copy() {
      try {
        await navigator.clipboard.writeText(code.textContent);
        fillIn(said, icon('check'), ' ', gettext('Copied.'));
      } catch {
        // Browsers give the clipboard to pages on HTTPS alone.
        globalThis.getSelection().selectAllChildren(code);
        fillIn(said, gettext('The text is selected: copy it with Ctrl+C.'));
      }
    }

    function download() {
      const url = URL.createObjectURL(new Blob([file.yaml || ''], { type: 'application/yaml' }));
      el('a', { href: url, download: file.name }).click();
      setTimeout(() => URL.revokeObjectURL(url));
    }

    return { tabs, panels: [panel, text], changed };
  }

  function tool(id, sign, label, click) {
    return el('button', { id, type: 'button', class: 'btn btn-default btn-sm', on: { click } }, icon(sign), ' ', label);
  }

  ensembles.source = { build };
}());
