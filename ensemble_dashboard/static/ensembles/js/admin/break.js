// SPDX-License-Identifier: Apache-2.0
/* "Break something" of an embedded cloud: asks, and has hosts, racks or zones really stopped or started. */
(function () {
  'use strict';
  const { words, dom, api, dialog } = globalThis.ensembles;
  const { gettext, fill } = words;

  const root = document.getElementById('ens-hosts-now');
  const data = dom.pageData();
  const server = api.open(data.session, root.querySelector('[name=csrfmiddlewaretoken]').value, {
    belongs: gettext('This page was opened in %(project)s.'), ended: '',
  });

  root.addEventListener('click', ({ target }) => {
    const button = target.closest('[data-break]');
    if (!button) { return; }
    const { domain, label } = button.dataset;
    // What is chosen is on the page only as long as the cloud's control answers.
    const chosen = domain ? null : document.getElementById('ens-break-domain').selectedOptions[0];
    ask(button.dataset.break, { domain: JSON.parse(domain || chosen.value), label: label || chosen.textContent });
  });

  function ask(action, { domain, label }) {
    const stop = action === 'stop';
    dialog.ask({
      title: fill(stop ? gettext('Stop %(place)s?') : gettext('Start %(place)s?'), { place: label }),
      text: stop ? gettext('The compute services of its hosts really stop, as after a power failure. What runs there is ' +
        'lost until it is repaired, or until you start them again.')
        : gettext('Its compute services start, and report to Nova within seconds.'),
      yes: stop ? gettext('Stop') : gettext('Start'), no: gettext('Leave it'), closed: () => {},
      act: async () => {
        await server.post(data.breakUrl, { action, domain });
        document.dispatchEvent(new Event('ens-look'));
      },
    });
  }
}());
