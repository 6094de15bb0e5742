// SPDX-License-Identifier: Apache-2.0
/* Asks for a plan when the drawing has come to rest, and then whether what a failure takes finds room again. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  const PAUSE = 150; // ms of quiet before a plan is asked for
  const LATER = 700; // ms after that before its headroom is: it costs the cloud a plan for every domain
  const AGAIN = 2000; // ms until what got no answer is asked again, and then twice as long each time
  const SELDOM = 30000; // ms, at most
  const CHOSEN = 300; // ms after the last click before it is asked what these failures leave

  /**
   * post(query, signal): sends the drawing and gives a promise of the plan. hear: {ready(): whether there is
   * something to plan, asking(), planned(plan), failed(problem), headroom(plan) or null, which is not asked for then,
   * headroomFailed(problem), loss(plan), lossFailed(problem)}. Gives {schedule(): the drawing has changed, fail(refs):
   * these are failed at once, stop()}.
   * What got no answer is asked again until it gets one.
   * One question of each kind is under way at most; a newer one aborts it, and its answer is never heard.
   */
  function open(post, hear, pause = PAUSE, later = LATER) {
    const plans = channel();
    const losses = channel();
    let wait = AGAIN;

    function stop() {
      plans.stop();
      losses.stop();
    }

    function schedule() {
      stop();
      wait = AGAIN;
      plans.after(pause, plan);
    }

    /** repeated: nothing is said of it until there is an answer. */
    function plan(repeated) {
      if (!hear.ready()) { return; }
      if (!repeated) { hear.asking(); }
      plans.ask((signal) => post('?domains=all', signal), (found) => {
        wait = AGAIN;
        hear.planned(found);
        if (found.feasible && hear.headroom) {
          plans.after(later, () => plans.ask((signal) => post('?headroom=1', signal), hear.headroom, hear.headroomFailed));
        }
      }, (problem) => {
        hear.failed(problem);
        if (!passes(problem)) { return; }
        plans.after(wait, () => plan(true));
        wait = Math.min(2 * wait, SELDOM);
      });
    }

    function fail(refs) {
      losses.stop();
      if (!refs.length) { return; }
      const query = '?' + refs.map((ref) => 'fail=' + encodeURIComponent(ref)).join('&');
      losses.after(CHOSEN, () => losses.ask((signal) => post(query, signal), hear.loss, hear.lossFailed));
    }

    return { schedule, fail, stop };
  }

  /** Whether a fault may be over a moment later: nobody answered, a service was in trouble, or something else is done. */
  function passes({ status, details }) {
    return status === 0 || status >= 500 || details?.code === 'ensemble.conflict';
  }

  /** One question at a time: what was asked before is aborted. */
  function channel() {
    let control = null;
    let timer = 0;

    function stop() {
      clearTimeout(timer);
      if (control) { control.abort(); }
      control = null;
    }

    async function ask(send, answered, failed) {
      const own = control = new AbortController();
      let tell;
      try {
        const found = await send(own.signal);
        tell = () => answered(found);
      } catch (problem) {
        tell = () => failed(problem);
      }
      if (own !== control) { return; }
      control = null;
      tell();
    }

    return { stop, ask, after: (pause, what) => { timer = setTimeout(what, pause); } };
  }

  ensembles.dryRun = { open };
}());
