// SPDX-License-Identifier: Apache-2.0
/* Submits what was previewed, by the id of its plan; when the cloud has changed, the difference comes first. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  /** 32 random digits; randomUUID() is for pages on HTTPS alone. */
  function newKey() {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /**
   * post(body): sends {ensemble, plan: id if any, key} and gives a promise of {url}. The key stays the same as long as
   * no answer came, so that what is submitted again is built once. page: {body(): what is sent, but for these; busy(on),
   * done(url), failed(problem), changed(details of the API)}. Gives send(id of a plan or null), which does nothing while
   * one is under way.
   */
  function open(post, page) {
    let under = false;
    let unanswered = { text: '', key: '' };

    function busy(on) {
      under = on;
      page.busy(on);
    }

    async function send(plan) {
      if (under) { return; }
      busy(true);
      try {
        const wanted = { ...page.body(), ...(plan ? { plan } : {}) };
        const text = JSON.stringify(wanted);
        if (unanswered.text !== text) { unanswered = { text, key: newKey() }; }
        const created = await post({ ...wanted, key: unanswered.key });
        unanswered = { text: '', key: '' };
        page.done(created.url);
      } catch (problem) {
        busy(false);
        const details = problem.details || {};
        // A refusal is an answer; to a fault or a create that is still at work another one may come.
        const refused = problem.status >= 400 && problem.status < 500 && details.code !== 'ensemble.in_progress';
        if (refused) { unanswered = { text: '', key: '' }; }
        if (details.code === 'ensemble.plan_changed' && details.plan) {
          page.changed(details);
        } else {
          page.failed(problem);
        }
      }
    }

    return { send };
  }

  ensembles.submit = { open };
}());
