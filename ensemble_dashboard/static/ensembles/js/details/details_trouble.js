// SPDX-License-Identifier: Apache-2.0
/* What the details page cannot find out, and what to do about it. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el, icon, errorLink } = ensembles.dom;

  /** put: of live_parts.js. Gives {tell(message, retry, ...more), lost(problem, retry, gone)}. */
  function open(put) {
    /** Nothing takes it away again but another message, '' for none. retry(): if given, there is a button for it. */
    function tell(message, retry, ...more) {
      put('trouble', [message, Boolean(retry)], () => (message ? el('div', { class: 'ens-trouble' }, icon('warn'), ' ',
        el('span', {}, message), ' ', more,
        retry ? el('button', { type: 'button', class: 'btn btn-default btn-sm', 'data-key': 'again', on: { click: retry } },
          gettext('Try now')) : null) : []));
    }

    /** Say that no news came; gives what the poll does next. gone(): the ensemble is not there any more. */
    function lost(problem, retry, gone) {
      if (problem.status === 404) {
        gone();
        return 'stop';
      }
      if (problem.told) {
        tell(problem.message, retry, errorLink(problem), ' ');
        return 'stop';
      }
      if (problem.status === 403) {
        tell(fill(gettext('The cloud no longer lets you see this ensemble: %(reason)s Ask whoever gave you ' +
          'your role in this project.'), { reason: problem.message }), retry);
        return 'stop';
      }
      tell(fill(gettext('No news at the moment: %(reason)s What is being built goes on meanwhile, and this page ' +
        'keeps trying.'), { reason: problem.message }), retry);
      return 'again';
    }

    return { tell, lost };
  }

  ensembles.detailsTrouble = { open };
}());
