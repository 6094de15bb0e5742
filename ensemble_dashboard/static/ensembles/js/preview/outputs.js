// SPDX-License-Identifier: Apache-2.0
/* The buttons that take the picture along; what they do comes when it is first wanted. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;
  const { el, icon } = ensembles.dom;

  /** of(): what is taken along, as picture_export.js takes it. */
  function buttons(of) {
    const said = el('span', { class: 'ens-said', role: 'status' });
    const take = async (what) => {
      try {
        const { pictureExport } = await ensembles.lazyScripts.load('outputs');
        said.textContent = await pictureExport.take(what, of());
      } catch {
        said.textContent = gettext('That did not work in this browser.');
      }
    };
    const button = (what, sign, words) => el('button', {
      id: 'ens-take-' + what, type: 'button', class: 'btn btn-default btn-xs', on: { click: () => take(what) },
    }, icon(sign), ' ', words);
    return el('div', { class: 'ens-outputs' }, button('copy', 'copy', gettext('Copy as a table')),
      button('svg', 'download', gettext('SVG')), button('png', 'download', gettext('PNG')), said);
  }

  ensembles.outputs = { buttons };
}());
