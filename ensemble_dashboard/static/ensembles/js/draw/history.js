// SPDX-License-Identifier: Apache-2.0
/* What the drawing was before each step, and what it would be again: undo and redo as data. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  const DEPTH = 200; // steps kept; a draft shares with the one before it what is the same

  // A history: {now: draft, past: [{before, ...step}], future: [{after, ...step}], field}; the last entry of past
  // and future is the nearest. step: {label: words of its own, offered: whether a click on a change was it}.
  // field: the id of the field that is being typed in, whose letters are one step together.

  function begin(now) {
    return { now, past: [], future: [], field: null };
  }

  /** Go on to a new draft. step may have a `field`: what was typed in it since `seal` is one step. */
  function record(history, now, { field = null, ...step } = {}) {
    const top = history.past[history.past.length - 1];
    if (field && top && field === history.field) {
      // Typed back to what was there before: nothing was done.
      return alike(top.before, now) ? { ...history, now, past: history.past.slice(0, -1), field: null }
        : { ...history, now };
    }
    if (alike(history.now, now)) { return { ...history, now }; }
    return { now, past: [...history.past, { ...step, before: history.now }].slice(-DEPTH), future: [], field };
  }

  /** The field was left: what is typed from now on is a new step. */
  function endStep(history) {
    return history.field ? { ...history, field: null } : history;
  }

  function undo(history) {
    const { before, ...step } = history.past[history.past.length - 1] || {};
    const future = [...history.future, { ...step, after: history.now }];
    return before ? { now: before, past: history.past.slice(0, -1), future, field: null } : history;
  }

  function redo(history) {
    const { after, ...step } = history.future[history.future.length - 1] || {};
    const past = [...history.past, { ...step, before: history.now }];
    return after ? { now: after, past, future: history.future.slice(0, -1), field: null } : history;
  }

  /** Whether two drafts say the same; the number of the next key says nothing. */
  function alike(one, other) {
    return one === other || JSON.stringify({ ...one, next: 0 }) === JSON.stringify({ ...other, next: 0 });
  }

  ensembles.history = { begin, record, endStep, undo, redo, DEPTH };
}());
