// SPDX-License-Identifier: Apache-2.0
/* What the drawing page knows, in one place. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  /** past: the steps that the page begins with, as history.js has them. */
  function open(past) {
    return {
      past,
      get draft() { return this.past.now; },
      unmet: new Map(), // a policy's key -> what the last plan leaves of it
      told: [], // problems that the API told: [{place, message}]
      preview: { kind: 'asking' }, // what the preview shows; its kinds are told in verdict.js
      plan: null, // the plan of what is drawn, once it is there
    };
  }

  ensembles.pageState = { open };
}());
