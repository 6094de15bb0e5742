// SPDX-License-Identifier: Apache-2.0
/* What can be done with an ensemble: cancel its build, release or delete it, show it as a file. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill } = ensembles.words;
  const { dialog, progress } = ensembles;
  const { errorLink } = ensembles.dom;

  let question = null; // the open one: {words(ensemble), tell(text, over)}
  let released = false; // whether it is being given up, or was

  /**
   * Make the buttons of the page work. page: {data, server: of api.js, now(): the ensemble, follow(): ask for its state at
   * once and show that, gone(): it is not there any more, trouble(message, retry)}. Gives {cancel(): asks whether to}.
   */
  function connect(page) {
    const acts = {
      cancel: () => cancel(page), repair: () => repair(page), release: () => release(page), remove: () => remove(page),
      document: () => show(page),
    };
    for (const button of document.querySelectorAll('[data-act]')) {
      button.addEventListener('click', acts[button.dataset.act]);
    }
    return { cancel: acts.cancel };
  }

  /** Let an open question say what is so now, or that there is nothing left to ask. */
  function follow(ensemble) {
    if (question) { question.tell(...question.words(ensemble)); }
  }

  /** Whether an ensemble that is gone now was released. */
  function wasReleased() {
    return released;
  }

  /** Whether a question is open, which has to stay true. */
  function asking() {
    return Boolean(question);
  }

  function cancel(page) {
    if (page.now().operation?.type === 'change') {
      ask(page, {
        title: gettext('Cancel the change of “%(name)s”?'), words: ofCancelOfChange, url: page.data.cancelUrl,
        yes: gettext('Cancel the change'), no: gettext('Go on'),
      });
      return;
    }
    ask(page, {
      title: gettext('Cancel the build of “%(name)s”?'), words: ofCancel, url: page.data.cancelUrl,
      yes: gettext('Cancel the build'), no: gettext('Go on building'),
    });
  }

  /** [what a cancel does, whether there is nothing to cancel any more]. */
  function ofCancel(ensemble) {
    const { done, total } = progress.counted(ensemble);
    switch (ensemble.status) {
      case 'RESERVING':
      case 'BUILDING':
        return [fill(ngettext(
          '%(done)s of %(total)s server is there already. All servers, the reserved capacity and the ports are ' +
          'removed; nothing is left.',
          '%(done)s of %(total)s servers are there already. All servers, the reserved capacity and the ports are ' +
          'removed; nothing is left.', total), { done, total }), false];
      case 'ACTIVE':
      case 'DEGRADED':
        return [gettext('The build has ended, and every server is there. There is nothing to cancel any more.'), true];
      case 'DELETING':
        return [gettext('It is being deleted already.'), true];
      default:
        return [gettext('The build has failed, and what there was of it is removed without that.'), true];
    }
  }

  /** [what the cancel of a change does, whether there is nothing to cancel any more]. */
  function ofCancelOfChange({ operation }) {
    return operation?.type === 'change' && operation.cancellable !== false
      ? [gettext('What it has added is removed again, and the ensemble is described as before. Nothing else is ' +
        'touched.'), false]
      : [gettext('The change can be cancelled no more: it has ended, or it removes servers already.'), true];
  }

  function repair(page) {
    ensembles.detailsRepair.preview(page, ask, document.querySelector('[data-act=repair]'));
  }

  function release(page) {
    ask(page, {
      title: gettext('Release the servers of “%(name)s”?'), words: ofRelease, url: page.data.releaseUrl,
      yes: gettext('Release Servers'), no: gettext('Keep it'), begins: (begun) => { released = begun; },
      then: page.gone,
    });
  }

  /** [what a release leaves, whether there is nothing to release]. */
  function ofRelease(ensemble) {
    const count = progress.counted(ensemble).total;
    if (!['ACTIVE', 'DEGRADED'].includes(ensemble.status) || !ensemble.settled) {
      return [gettext('Something else is done with it now; look again when that is over.'), true];
    }
    return [fill(ngettext('Its %(count)s server goes on as it is, as a plain server. Its policies are not kept any more, ' +
      'and what the ensemble has recorded is forgotten.', 'Its %(count)s servers go on as they are, as plain servers. Its ' +
      'policies are not kept any more, and what the ensemble has recorded is forgotten.', count), { count }), false];
  }

  function remove(page) {
    ask(page, {
      title: gettext('Delete “%(name)s”?'), words: ofRemove, url: page.data.deleteUrl,
      yes: gettext('Delete Ensemble'), no: gettext('Keep it'),
    });
  }

  /** [what a delete takes, whether it is under way already]. */
  function ofRemove(ensemble) {
    const count = progress.counted(ensemble).total;
    switch (ensemble.status) {
      case 'ERROR':
        return [gettext('Only its record is left to be deleted.'), false];
      case 'ROLLING_BACK':
        return [gettext('Its build failed, and what there is of it is being removed already; its record goes with ' +
          'that then.'), false];
      case 'DELETING':
        return [gettext('It is being deleted already.'), true];
      default:
        return [[fill(ngettext('Its %(count)s server is deleted with it. Deleted servers are not recoverable.',
          'Its %(count)s servers are deleted with it. Deleted servers are not recoverable.', count), { count }),
        ensemble.adopted ? gettext('They were there before it: a release leaves them as they are.') : '']
          .filter(Boolean).join(' '), false];
    }
  }

  /** begins(whether): it is asked for, or was refused; then(): it was not; more, look: of dialog.ask. */
  function ask(page, { title, words, url, yes, no, begins = () => {}, then = page.follow, more, look }) {
    const asked = dialog.ask({
      title: fill(title, { name: page.now().name }), text: words(page.now())[0], yes, no, whose: whose(page.data.owner),
      more, look,
      closed: () => { question = null; },
      act: async () => {
        begins(true);
        try {
          await page.server.post(url, {});
        } catch (problem) {
          begins(false);
          page.follow(); // to see why
          throw problem;
        }
        then();
      },
    });
    question = { words, tell: asked.tell };
    page.follow(); // what the page knows may be old
  }

  /** Whose ensemble an operator is about to touch; on a project's own pages it goes without saying. */
  function whose(owner) {
    return owner ? fill(gettext('It belongs to project %(project)s; its owner is %(user)s.'), owner) : '';
  }

  async function show(page) {
    const button = document.querySelector('[data-act=document]');
    button.setAttribute('aria-busy', 'true');
    try {
      const { document: file } = await page.server.get(page.data.documentUrl);
      dialog.texts(file.name, [
        { title: gettext('YAML'), text: file.yaml, note: gettext('The command line and the drawing read this file.') },
        { title: gettext('Commands'), text: file.commands, note: '' },
      ], page.data.documentUrl + '?download=1');
    } catch (problem) {
      page.trouble(problem.message, null, errorLink(problem));
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  ensembles.actions = { connect, follow, asking, wasReleased };
}());
