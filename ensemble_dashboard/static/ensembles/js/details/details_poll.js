// SPDX-License-Identifier: Apache-2.0
/* Asks for news: soon while much happens, seldom while little does, not at all in a hidden tab or at the end. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  const SOON = 2000; // ms after something has changed
  const SELDOM = 8000; // while nothing does
  const LONGEST = 30000; // while nobody answers

  /**
   * ask(): a promise of the answer; took(answer): whether it is new ('changed'), as before ('same') or the
   * last one ('done'); failed(problem): what to do about it: 'again' or 'stop'. page: the document;
   * clock: {setTimeout, clearTimeout}; least: ms that each pause has at least. Gives {start, now, stop, least(ms)}.
   */
  function poll({ ask, took, failed, page, clock = globalThis, least = SOON }) {
    let pause = least;
    let timer = null;
    let asking = false;
    let over = true;

    async function once() {
      timer = null;
      if (page.hidden || asking || over) { return; } // a hidden tab asks when it is seen again
      asking = true;
      let next;
      try {
        next = took(await ask());
        pause = next === 'changed' ? least : Math.max(least, Math.min(pause * 1.25, SELDOM));
      } catch (problem) {
        next = failed(problem) === 'again' ? 'same' : 'stop';
        pause = Math.max(least, Math.min(pause * 2, LONGEST));
      }
      asking = false;
      over = over || next === 'done';
      if (!over && next !== 'stop' && timer === null) { timer = clock.setTimeout(once, pause); }
    }

    /** Ask at once: somebody wants to know, or looks at the page again. */
    function now() {
      over = false;
      clock.clearTimeout(timer);
      pause = least;
      return once();
    }

    function stop() {
      over = true;
      clock.clearTimeout(timer);
      timer = null;
    }

    page.addEventListener('visibilitychange', () => { if (!page.hidden && !over) { now(); } });
    return {
      /** Begin with the pause that follows an answer. */
      start() { over = false; timer = clock.setTimeout(once, least); },
      now,
      stop,
      least(ms) { least = ms; },
    };
  }

  ensembles.poll = { poll, SOON, SELDOM, LONGEST };
}());
