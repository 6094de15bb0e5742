// SPDX-License-Identifier: Apache-2.0
/* Asks for a plan when the drawing has come to rest, and then whether what a failure takes finds room again. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};

  const PAUSE = 300; // ms of quiet before a plan is asked for
  const LATER = 700; // ms after that before its head-room is: it costs the cloud a plan for every domain

  /**
   * post(headroom, signal): sends the drawing and gives a promise of the plan. hear: {ready(): whether there is
   * something to plan, asking(), planned(plan), failed(problem), room(plan), roomFailed(problem)}.
   * One question is under way at most; a newer one aborts it, and its answer is never heard.
   */
  function open(post, hear, pause = PAUSE, later = LATER) {
    let control = null;
    let timer = 0;

    function stop() {
      clearTimeout(timer);
      if (control) { control.abort(); }
      control = null;
    }

    function schedule() {
      stop();
      timer = setTimeout(plan, pause);
    }

    /** End a question; whether it is still the one under way. */
    function finish(own) {
      if (own !== control) { return false; }
      control = null;
      return true;
    }

    async function ask(headroom, answered, failed) {
      const own = control = new AbortController();
      let tell;
      try {
        const found = await post(headroom, own.signal);
        tell = () => answered(found);
      } catch (problem) {
        tell = () => failed(problem);
      }
      if (finish(own)) { tell(); }
    }

    function plan() {
      if (!hear.ready()) { return; }
      hear.asking();
      ask(false, (found) => {
        hear.planned(found);
        if (found.feasible) { timer = setTimeout(() => ask(true, hear.room, hear.roomFailed), later); }
      }, hear.failed);
    }

    return { schedule, stop };
  }

  ensembles.dryRun = { open };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.dryRun; }
}());
