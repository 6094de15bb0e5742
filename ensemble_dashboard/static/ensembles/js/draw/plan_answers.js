// SPDX-License-Identifier: Apache-2.0
/* What the answers to a question for a plan mean for the page: a plan, reasons, a fault, or more about the plan shown. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { fieldErrors, formats, fieldPlaces } = ensembles;

  /** state: of page_state.js; page: {show(what the preview shows), refresh(), again(): plan anew, view(): the preview,
   * more: whether the API is asked for more than a plan}. */
  function open(state, page) {
    function planned(plan) {
      state.warnings = plan.warnings || [];
      if (plan.feasible) { fits(plan, page.more ? 'asked' : null); } else { refused(plan.reasons, plan.proved, plan); }
    }

    /** rooms: as failures.worst takes it. */
    function fits(plan, rooms) {
      state.plan = plan;
      state.unmet = new Map(plan.violations.map((one) => [state.draft.policies[one.policy]?.key, one.message]));
      page.refresh();
      page.show({ kind: 'fits', plan, rooms, at: formats.clock(Date.now()) });
    }

    /** More about the plan that is shown; a cloud that has changed meanwhile gave another one. */
    function learn(plan, more) {
      if (!state.plan) { return; }
      if (!plan.feasible || JSON.stringify(plan.assignments) !== JSON.stringify(state.plan.assignments)) {
        page.again();
        return;
      }
      state.plan = { ...(more.plan || state.plan), id: plan.id };
      page.view().learn({ ...more, plan: state.plan });
    }

    /** plan: the whole answer, which may tell where members could be all the same. */
    function refused(reasons, proved, plan) {
      const { draft } = state;
      state.plan = null;
      state.told = reasons.filter((reason) => Number.isInteger(reason.policy) && draft.policies[reason.policy])
        .map(({ policy, message }) => {
          return { place: { kind: 'policy', key: draft.policies[policy].key, field: 'type' }, message };
        });
      state.unmet = new Map();
      page.refresh();
      // The steps of a change go by the drawing that was planned, which is this one until something is typed.
      const offered = reasons.map((reason) => {
        return {
          ...reason,
          changes: (reason.changes || []).map((one) => ({ ...one, steps: fieldPlaces.stepsOf(draft, one.edits) })),
        };
      });
      page.show({ kind: 'refused', reasons: offered, proved, plan, at: formats.clock(Date.now()) });
    }

    /** Show an error of the API: at its field if it names one, and in the strip. */
    function failed(problem) {
      const { reasons, proved, field, label, reason } = problem.details || {};
      if (Array.isArray(reasons) && reasons.length) {
        const decided = reasons.every(({ code }) => code !== 'not-decided');
        refused(reasons, proved === undefined ? decided : proved);
        return;
      }
      let { message } = problem;
      if (field) {
        const fault = { place: fieldPlaces.placeOf(state.draft, field), message: reason };
        state.told = [fault];
        // What is part of a tier is named by the tier's name, all else as the API names it.
        message = fault.place.key ? fieldErrors.sentence(state.draft, fault) : label + ': ' + reason;
        page.refresh();
      }
      page.show({ kind: 'error', message, told: problem.told });
    }

    /** What was previewed is not possible any more; what is now is shown, and how it differs, as the API tells it. */
    function changed({ plan, moved, earlier_domains: earlier, worst }) {
      state.plan = plan;
      page.show({ kind: 'changed', plan, moved, earlier, worst, at: formats.clock(Date.now()) });
    }

    return {
      planned, fits, failed, changed,
      headroom: (plan) => learn(plan, { rooms: 'unknown', plan: { ...state.plan, survivability: plan.survivability } }),
      loss: (plan) => learn(plan, { failed: plan.failed || {} }),
    };
  }

  ensembles.planAnswers = { open };
}());
