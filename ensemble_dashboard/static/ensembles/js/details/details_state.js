// SPDX-License-Identifier: Apache-2.0
/* What the details page knows, in one place. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  /** settled: the statuses in which nothing goes on by itself. */
  function open(settled) {
    return {
      ensemble: null,
      current: null, // what Nova says, once it is asked; null while that is not known
      seen: null, // what Nova said last, also while its servers are being removed
      picture: null, // what is drawn, in the form of a plan
      ahead: 0, // ms that the API's clock is ahead of the browser's
      failed: new Set(), opened: new Set(), marked: null, // as map.js takes them
      failures: 1, // at once, as the slider says
      order: { key: 'member', down: false }, // of the members' table
      allEvents: false, // whether the older ones are shown too
      ended: 0, // when an operation has ended that was under way on this page; ms of the API's clock
      /** Whether a member is known to be lost. What was seen before the end of an operation says nothing of it. */
      get lost() {
        return !this.unseen && Boolean(this.current?.members.some((each) => !each.running));
      },
      /** Whether an operation has ended, and nobody has looked at Nova since. */
      get unseen() { return Boolean(this.current) && Date.parse(this.current.as_of) <= this.ended; },
      get now() { return Date.now() + this.ahead; },
      get leaving() { return ['ROLLING_BACK', 'DELETING'].includes(this.ensemble.status); },
      /** Whether its build has ended well, so that Nova has its servers. */
      get built() { return ['ACTIVE', 'DEGRADED'].includes(this.ensemble.status); },
      get settled() { return settled.includes(this.ensemble.status); },
      get placed() { return this.picture.assignments.length > 0; },
      /** The ensemble with its members where they are as far as that is known, be it that they are being removed. */
      get located() { return this.leaving ? ensembles.currentState.located(this.ensemble, this.seen) : this.ensemble; },
      get legend() { return ensembles.tierLegend.legend(this.ensemble.tiers); },
    };
  }

  ensembles.detailsState = { open };
}());
