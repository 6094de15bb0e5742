// SPDX-License-Identifier: Apache-2.0
/* What can be done with an ensemble: cancel its build, delete it, show it as a file. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, ngettext, fill } = ensembles.words;
  const { api, dialog, progress } = ensembles;

  /**
   * Make the buttons of the page work. page: {data, token, now(): the ensemble, follow(): ask for its state at
   * once and show that, trouble(message, retry)}.
   */
  function connect(page) {
    const acts = { cancel: () => cancel(page), remove: () => remove(page), document: () => show(page) };
    for (const button of document.querySelectorAll('[data-act]')) {
      button.addEventListener('click', acts[button.dataset.act]);
    }
  }

  function cancel(page) {
    const { done, total } = progress.counted(page.now());
    ask(page, gettext('Cancel the build of “%(name)s”?'), fill(ngettext(
      '%(done)s of %(total)s server is there already. All servers, the reserved capacity and the ports are removed; ' +
      'nothing is left.',
      '%(done)s of %(total)s servers are there already. All servers, the reserved capacity and the ports are removed; ' +
      'nothing is left.', total), { done, total }), gettext('Cancel the build'), gettext('Go on building'));
  }

  function remove(page) {
    const count = progress.counted(page.now()).total;
    ask(page, gettext('Delete “%(name)s”?'), page.now().status === 'ERROR'
      ? gettext('Only its record is left to be deleted.')
      : fill(ngettext('Its %(count)s server is deleted with it. Deleted servers are not recoverable.',
        'Its %(count)s servers are deleted with it. Deleted servers are not recoverable.', count), { count }),
    gettext('Delete Ensemble'), gettext('Keep it'));
  }

  function ask(page, title, text, yes, no) {
    dialog.ask({
      title: fill(title, { name: page.now().name }), text: [text], yes, no,
      act: async () => {
        await api.post(page.data.deleteUrl, {}, page.token);
        page.follow();
      },
    });
  }

  async function show(page) {
    const button = document.querySelector('[data-act=document]');
    button.setAttribute('aria-busy', 'true');
    try {
      const { document: file } = await api.get(page.data.documentUrl);
      dialog.texts(file.name, [
        { title: gettext('YAML'), text: file.yaml, note: gettext('The command line and the drawing read this file.') },
        { title: gettext('Commands'), text: file.commands, note: '' },
      ], page.data.documentUrl + '?download=1');
    } catch (problem) {
      page.trouble(problem.message, null);
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  ensembles.actions = { connect };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.actions; }
}());
