// SPDX-License-Identifier: Apache-2.0
/* What the drawing page draws when that is a template: an ensemble with parameters, which is saved and not built. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { apiBody, draftFaults, history, newDraft, templateDraft, parameterList, valueChoice } = ensembles;

  /** data: of the page, with its template {document, title}. Gives what new_ensemble.js gives, and what is said there. */
  function open(data) {
    const { template } = data;
    const withParameters = (draft) => ({ parameters: {}, ...draft });

    function begin(kept) {
      const before = history.begin(withParameters(kept.load() || newDraft.fresh(data.choices)));
      if (!template.document) { return before; }
      const drawn = templateDraft.drawn(template.document, data.choices);
      if (kept.load() && JSON.stringify(before.now) !== JSON.stringify(drawn) && !template.anew) { return before; }
      return history.record(before, drawn, { label: fill(gettext('begin with “%(name)s”'), template.document) });
    }

    return {
      begin, fresh: () => (template.document ? templateDraft.drawn(template.document, data.choices)
        : withParameters(newDraft.fresh(data.choices))),
      request: (draft, nameless) => (nameless ? { ensemble: apiBody.body(draft, nameless) }
        : { template: templateDraft.template(withParameters(draft)) }),
      plan: (answer) => answer.plan,
      samePlan: (one, other) => one.tiers === other.tiers && one.policies === other.policies,
      questions: draftFaults.questions,
      // What does not fit now may fit with other values, or in another project.
      barred: () => '',
      costs: () => [],
      explain,
      agree: async () => true,
      more: true, running: null,
      // Beyond what an ensemble has:
      settled: (before, after) => templateDraft.settled(withParameters(before), withParameters(after)),
      card: (tier, page) => valueChoice.button(tier, page),
      refresh: (page, parts, problems) => parameterList.show(page, parts, problems),
      add: parameterList.add,
      written: (draft) => ({ template: templateDraft.template(withParameters(draft)) }),
      read: (answer) => templateDraft.drawn(answer.template, data.choices),
    };
  }

  /** An error of the API about a field of the template, as one about the drawing or about the parameters. */
  function explain(problem) {
    const { field } = problem.details || {};
    if (!field?.startsWith('template.')) { return problem; }
    const own = field.slice('template.'.length);
    const parameters = own.startsWith('parameters');
    return Object.assign(Object.create(problem), {
      message: problem.message, told: problem.told,
      details: {
        ...problem.details, field: parameters ? 'parameters' : own,
        reason: parameters ? problem.message : problem.details.reason,
      },
    });
  }

  ensembles.newTemplate = { open, explain };
}());
