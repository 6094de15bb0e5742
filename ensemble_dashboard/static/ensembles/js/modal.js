// SPDX-License-Identifier: Apache-2.0
/* A window over the page, the browser's own: it keeps the focus, closes with Escape and gives the focus back. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext } = ensembles.words;
  const { el, icon } = ensembles.dom;

  /** Make a dialog and put it on the page, closed: showModal() opens it and close() closes it, as often as wanted. */
  function make(id, title, ...content) {
    const close = () => dialog.close();
    const dialog = el('dialog', { id, class: 'ens-modal', 'aria-labelledby': id + '-title' },
      el('div', { class: 'ens-modal-head' }, el('h2', { id: id + '-title' }, title), el('button', {
        type: 'button', class: 'btn btn-link ens-tool', 'aria-label': gettext('Close'), on: { click: close },
      }, icon('remove'))), content);
    // A click beside it closes it, as people expect.
    dialog.addEventListener('click', (event) => { if (event.target === dialog) { close(); } });
    document.querySelector('.ens').append(dialog);
    return dialog;
  }

  ensembles.modal = { make };
}());
