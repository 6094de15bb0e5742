// SPDX-License-Identifier: Apache-2.0
/* What the drawing page draws: an ensemble that is to be created; change/running_ensemble.js is the other kind. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;
  const { apiBody, draftFaults, firstDraft, newDraft } = ensembles;

  /**
   * data: of the page. Gives what is particular to the kind:
   * begin(kept): the steps (history.js) that the page begins with; fresh(): the draft to start anew with;
   * request(draft, nameless): what is sent, but for the plan; plan(answer, draft): the plan of an answer;
   * samePlan(one, other): whether two drafts have the same plan; questions(draft): as draft_faults.js has them;
   * barred(state, draft): why what the preview shows cannot be submitted, '' when it can; costs(draft): the tiers that
   * the quota is asked for; explain(problem): the problem, with a way on where there is one; agree(plan): a promise of
   * whether to go on with a submit; more: whether the API is asked for more than the plan; running: what runs, null.
   */
  function open(data) {
    return {
      begin: (kept) => firstDraft.begin(kept, data),
      fresh: () => newDraft.fresh(data.choices),
      request: (draft, nameless) => ({ ensemble: apiBody.body(draft, nameless) }),
      plan: (answer) => answer.plan,
      samePlan: (one, other) => one.tiers === other.tiers && one.policies === other.policies,
      questions: draftFaults.questions,
      // Only what is proved not to fit is kept from the API, which has the last word on all else.
      barred: (state) => (state.kind === 'refused' && state.proved ? gettext('This does not fit.') : ''),
      costs: (draft) => draft.tiers,
      explain: (problem) => problem,
      agree: async () => true,
      more: true, running: null,
    };
  }

  ensembles.newEnsemble = { open };
}());
