// SPDX-License-Identifier: Apache-2.0
/* Talks to the panel's JSON views for the project of the page; every failure becomes one kind of error. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;

  /**
   * What went wrong: status, message, and the API's details {code, field, reasons}. Where the session is the matter:
   * told {title, more, href, words}, the message in two parts and the link that helps.
   */
  class ApiError extends Error {
    constructor(status, message, details, told) {
      super(message);
      this.name = 'ApiError';
      this.status = status;
      this.details = details || {};
      this.told = told || null;
    }
  }

  /**
   * Speak for a page. session: as page_project.py gives it; token: the one that the page came with; said: {belongs,
   * ended}: to which project what is on the page belongs (with %(project)s), and what the end of the session leaves.
   */
  function open(session, token, said) {
    /**
     * Django makes a new token at each login, in whichever tab. Where it is in no cookie that a script may read, the
     * page's own is the best that there is.
     */
    function csrf() {
      const start = session.csrfCookie + '=';
      const found = document.cookie.split('; ').find((one) => one.startsWith(start));
      return found ? found.slice(start.length) : token;
    }

    async function call(url, { headers, ...options }) {
      let response;
      try {
        response = await fetch(url, {
          ...options, credentials: 'same-origin', redirect: 'manual',
          headers: { 'X-Requested-With': 'XMLHttpRequest', 'X-Ensembles-Project': session.project.id, ...headers },
        });
      } catch (problem) {
        if (problem.name === 'AbortError') { throw problem; }
        throw new ApiError(0, gettext('The dashboard does not answer. Is the network there?'));
      }
      const body = await response.json().catch(() => null);
      if (response.ok && body) { return body; }
      const error = body && body.error;
      if (hasEnded(response, error)) { throw lead(401, {}, ended()); }
      const { code, project } = (error && error.details) || {};
      if (code === 'dashboard.other_project') { throw lead(409, error.details, elsewhere(project)); }
      throw new ApiError(response.status, error ? error.message
        : gettext('The dashboard gave an answer that is not understood.'), error && error.details);
    }

    function lead(status, details, told) {
      return new ApiError(status, told.title + ' ' + told.more, details, told);
    }

    function ended() {
      return {
        title: gettext('Your session has ended.'), more: said.ended, words: gettext('Sign in again'),
        href: session.loginUrl + back(),
      };
    }

    function elsewhere(now) {
      const { project } = session;
      return {
        title: fill(gettext('You are now in %(project)s.'), { project: now.name }),
        more: fill(said.belongs, { project: project.name }),
        words: fill(gettext('Back to %(project)s'), { project: project.name }), href: switched(project.id),
      };
    }

    /** The address that chooses a project and comes back to this page. */
    function switched(id) {
      return session.switchUrl.replace('00000000', encodeURIComponent(id)) + back();
    }

    return {
      switched,
      /** GET a JSON view. */
      get: (url, signal) => call(url, { signal }),
      /** POST to a JSON view. */
      post: (url, body, signal) => call(url, {
        method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRFToken': csrf() },
        body: JSON.stringify(body), signal,
      }),
    };
  }

  /** A login that has ended, a token of another one, or a proxy that leads to a sign-in of its own. */
  function hasEnded(response, error) {
    return response.status === 401 || response.type === 'opaqueredirect' || (response.status === 403 && !error);
  }

  function back() {
    const { pathname, search } = globalThis.location;
    return '?next=' + encodeURIComponent(pathname + search);
  }

  ensembles.api = { open, ApiError };
}());
