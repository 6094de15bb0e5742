// SPDX-License-Identifier: Apache-2.0
/* Submits what was previewed, by the id of its plan; when the cloud has changed, the difference comes first. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};

  /**
   * post(body): sends {ensemble, plan: id if any} and gives a promise of {url}. page: {body(): of the API; busy(on),
   * done(url), failed(problem), changed({plan, moved})}. Gives send(id of a plan or null), which does nothing while
   * one is under way.
   */
  function open(post, page) {
    let under = false;

    function busy(on) {
      under = on;
      page.busy(on);
    }

    async function send(plan) {
      if (under) { return; }
      busy(true);
      try {
        const created = await post({ ensemble: page.body(), ...(plan ? { plan } : {}) });
        page.done(created.url);
      } catch (problem) {
        busy(false);
        const details = problem.details || {};
        if (details.code === 'ensemble.plan_changed' && details.plan) {
          page.changed({ plan: details.plan, moved: details.moved });
        } else {
          page.failed(problem);
        }
      }
    }

    return { send };
  }

  ensembles.submit = { open };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.submit; }
}());
