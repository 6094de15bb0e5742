// SPDX-License-Identifier: Apache-2.0
/* Questions before something is removed, and the ensemble as a file: the browser's own dialogs. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;
  const { el, icon, errorLink } = ensembles.dom;

  let opened = 0;

  /** Put a dialog on the page and open it; it goes when it is closed, and the focus returns. */
  function open(title, content, buttons, look) {
    const id = 'ens-dialog-' + (opened += 1);
    const dialog = el('dialog', { class: 'ens-dialog' + (look ? ' ' + look : ''), 'aria-labelledby': id },
      el('h2', { id }, title), content, el('div', { class: 'ens-dialog-buttons' }, buttons));
    dialog.addEventListener('close', () => dialog.remove());
    // A click beside it closes it, as people expect.
    dialog.addEventListener('click', (event) => { if (event.target === dialog) { dialog.close(); } });
    document.querySelector('.ens').append(dialog);
    dialog.showModal();
    return dialog;
  }

  /**
   * Ask before something is done. act(): a promise; while it runs the button waits, and what goes wrong is said in the
   * dialog. whose: whose it is, if that is to be said; more: nodes below the text; yes, no: the words on the buttons;
   * look: the class of the first; closed(): the dialog has gone. Gives {tell(text, over)}, which says something else;
   * over: there is nothing left to be asked.
   */
  function ask({ title, text, whose, more, yes, no, look = 'btn-danger', act, closed }) {
    const said = el('p', { 'aria-live': 'polite' }, text);
    const trouble = el('p', { class: 'ens-bad', role: 'alert' });
    const go = el('button', { type: 'button', class: 'btn ' + look, on: { click: done } }, yes);
    const back = el('button', {
      type: 'button', class: 'btn btn-default', autofocus: true, on: { click: () => dialog.close() },
    }, no);
    const owned = whose ? el('p', { class: 'ens-wrap' }, whose) : null;
    const dialog = open(title, [owned, said, more, trouble], [back, go], 'ens-dialog-ask');
    dialog.addEventListener('close', closed);

    async function done() {
      go.disabled = true;
      trouble.replaceChildren();
      try {
        await act();
        dialog.close();
      } catch (problem) {
        trouble.replaceChildren(icon('bad'), ' ', problem.message, ' ', errorLink(problem) || '');
        go.disabled = false;
      }
    }

    function tell(words, over) {
      if (said.textContent !== words) { said.replaceChildren(words); }
      if (!over || !go.isConnected) { return; }
      trouble.replaceChildren();
      go.remove();
      back.replaceChildren(gettext('Close'));
      back.focus();
    }
    return { tell };
  }

  /** Show texts to copy: [{title, text, note}], and where to download the first one. */
  function texts(title, parts, address) {
    return open(title, parts.map((part) => el('section', {},
      el('div', { class: 'ens-dialog-head' }, el('h3', {}, part.title), copier(part.text)),
      part.note ? el('p', { class: 'text-muted' }, part.note) : null,
      el('pre', { class: 'ens-code', tabindex: 0 }, part.text))), [
      el('a', { class: 'btn btn-default', href: address, download: true }, gettext('Download the file')),
      button(gettext('Close'), 'btn-primary', (event) => event.target.closest('dialog').close()),
    ], 'ens-dialog-texts');
  }

  function button(text, look, click) {
    return el('button', { type: 'button', class: 'btn ' + look, on: { click } }, text);
  }

  function copier(text) {
    const said = el('span', { class: 'ens-copied', role: 'status' });
    return el('span', {}, said, ' ', el('button', {
      type: 'button', class: 'btn btn-default btn-sm', on: {
        click: async () => {
          try {
            await navigator.clipboard.writeText(text);
            said.replaceChildren(gettext('Copied.'));
          } catch {
            said.replaceChildren(gettext('The browser does not let this page copy; select the text instead.'));
          }
        },
      },
    }, icon('copy'), ' ', gettext('Copy')));
  }

  ensembles.dialog = { ask, open, texts };
}());
