// SPDX-License-Identifier: Apache-2.0
/* The operators' page of hosts follows the cloud: it asks for what has changed while somebody looks at it. */
(function () {
  'use strict';
  const { words, dom, api, poll: polls, liveHtml } = globalThis.ensembles;
  const { gettext, fill } = words;

  const root = document.getElementById('ens-hosts-now');
  if (!root) { return; }
  const data = dom.pageData();
  const server = api.open(data.session, root.querySelector('[name=csrfmiddlewaretoken]').value, {
    belongs: gettext('This page was opened in %(project)s.'), ended: '',
  });
  const trouble = document.getElementById('ens-hosts-trouble');
  const parts = liveHtml.open(root);
  const poll = polls.poll({ ask: () => server.get(data.nowUrl), took, failed, page: document, least: data.pause });

  function took(answer) {
    trouble.replaceChildren();
    const changed = parts.put(answer.parts);
    if (changed.includes('heat')) { document.dispatchEvent(new Event('ens-heat')); }
    poll.least(answer.pause);
    return 'changed';
  }

  function failed(problem) {
    const text = problem.told ? problem.message
      : fill(gettext('No news at the moment: %(reason)s This page keeps trying.'), { reason: problem.message });
    trouble.replaceChildren(dom.el('div', { class: 'ens-trouble' }, dom.icon('warn'), ' ', dom.el('span', {}, text), ' ',
      dom.errorLink(problem)));
    return problem.told || problem.status === 403 ? 'stop' : 'again';
  }

  document.addEventListener('ens-look', () => poll.now());
  poll.start();
}());
