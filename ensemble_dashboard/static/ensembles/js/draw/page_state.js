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
      warnings: [], // of the last plan: what its owner should know, though nothing is wrong
      plan: null, // the plan of what is drawn, once it is there
      picture: picture(),
    };
  }

  /** What the preview knows beyond what it is shown. */
  function picture() {
    return {
      failed: new Set(), opened: new Set(), marked: null, // as map.js takes them
      legend: [], drawn: null, // of the plan that is shown: its tiers' signs, and the API's body of what it is of
      old: false, // whether the drawing is another one by now, of which there is no plan
      atOnce: 1, // failures, as the slider says
      worst: [], // what the table of the worst failures shows
      found: null, // whether lost members can be placed again, as what_if.js takes it
    };
  }

  ensembles.pageState = { open };
}());
