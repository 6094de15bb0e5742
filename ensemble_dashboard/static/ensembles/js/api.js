// SPDX-License-Identifier: Apache-2.0
/* Talks to the panel's JSON views; every failure becomes one kind of error. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext } = ensembles.words;

  /** What went wrong, in the API's words: status, message, and details {code, field, reasons}. */
  class ApiError extends Error {
    constructor(status, message, details) {
      super(message);
      this.name = 'ApiError';
      this.status = status;
      this.details = details || {};
    }
  }

  async function call(url, options) {
    let response;
    try {
      response = await fetch(url, { ...options, credentials: 'same-origin', redirect: 'error' });
    } catch (problem) {
      if (problem.name === 'AbortError') { throw problem; }
      throw new ApiError(0, gettext('The dashboard does not answer. Is the network there?'));
    }
    const body = await response.json().catch(() => null);
    if (response.ok && body) { return body; }
    if (response.status === 401) {
      throw new ApiError(401, gettext('Your session has ended. Sign in again in another tab; ' +
        'nothing typed here is lost.'));
    }
    const error = (body && body.error) || {};
    throw new ApiError(response.status,
      error.message || gettext('The dashboard gave an answer that is not understood.'), error.details);
  }

  /** GET a JSON view. */
  function get(url, signal) {
    return call(url, { headers: { 'X-Requested-With': 'XMLHttpRequest' }, signal });
  }

  /** POST to a JSON view; token is the page's CSRF token. */
  function post(url, body, token, signal) {
    return call(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json', 'X-Requested-With': 'XMLHttpRequest', 'X-CSRFToken': token,
      },
      body: JSON.stringify(body),
      signal,
    });
  }

  ensembles.api = { get, post, ApiError };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.api; }
}());
