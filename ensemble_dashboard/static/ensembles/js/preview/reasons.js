// SPDX-License-Identifier: Apache-2.0
/* What the planner says of its answer: the reasons of a refusal and ways out, or how good the plan is. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { number } = ensembles.formats;
  const { el, icon } = ensembles.dom;

  /**
   * Why it does not fit, and what would make it fit. act: {change(change), again()}; change is called with one of
   * `changes` of a reason when its button is clicked. Changes without steps on the drawing are told, not offered.
   */
  function reasons(state, act) {
    return el('div', { class: 'ens-reasons' },
      el('p', {}, state.proved
        ? gettext('No placement found, for these reasons:')
        : gettext('No placement was found, and it is not proved that there is none:')),
      el('ul', {}, state.reasons.map((reason) => el('li', { 'data-code': reason.code },
        el('span', {}, reason.message),
        reason.suggestion && !(reason.changes || []).length ? hint(reason.suggestion) : null))),
      offers(state.reasons, act),
      el('p', { class: 'ens-again' }, el('button', {
        id: 'ens-again', type: 'button', class: 'btn btn-link', on: { click: act.again },
      }, gettext('Plan again')), ' ', el('span', { class: 'text-muted' }, gettext('in case the cloud has changed'))));
  }

  function hint(text) {
    return el('span', { class: 'ens-suggestion' }, icon('hint'), ' ', text);
  }

  /** Each change once: it is planned with all reasons in mind, and several reasons may bring the same. */
  function offers(all, act) {
    const changes = new Map(all.flatMap((reason) => reason.changes || [])
      .map((change) => [JSON.stringify(change.edits), change]));
    if (!changes.size) { return null; }
    return [
      el('p', { class: 'ens-offers-title' }, changes.size > 1
        ? gettext('It would fit with any one of these changes:') : gettext('It would fit with this change:')),
      el('ul', { class: 'ens-plain ens-offers' }, [...changes.values()].map((change) => el('li', {}, change.steps
        ? el('button', {
          type: 'button', class: 'btn btn-default ens-offer', on: { click: () => act.change(change) },
        }, icon('hint'), ' ', change.message)
        : hint(change.message)))),
    ];
  }

  /** How good the plan is known to be, what it leaves undone, and that nothing is held yet. */
  function remarks(state) {
    const plan = state.plan;
    return el('div', { class: 'ens-remarks' },
      plan.violations.map((violation) => el('p', { class: 'ens-warn' }, icon('warn'), ' ',
        gettext('Soft policy not met:'), ' ', violation.message)),
      (plan.not_planned_with || []).map((one) => el('p', { class: 'ens-warn' }, icon('warn'), ' ', one.message)),
      proof(plan),
      el('p', { class: 'text-muted' }, fill(gettext('As of %(time)s; nothing is reserved.'), { time: state.at })));
  }

  /** Whether a better plan can exist; details unfold. */
  function proof(plan) {
    return el('details', { id: 'ens-proof', class: 'ens-proof' },
      el('summary', {}, icon(plan.proved ? 'good' : 'warn'), ' ', plan.proof, ' ',
        el('span', { class: 'ens-link' }, gettext('Details'))),
      el('p', { class: 'text-muted' },
        gettext('What was looked for, the most important first; less is better. No plan can go below a bound.')),
      el('table', { class: 'table table-condensed' },
        el('thead', {}, el('tr', {}, [gettext('Wanted: as few as possible'), gettext('This plan'),
          gettext('Bound'), gettext('Proved')].map((title) => el('th', { scope: 'col' }, title)))),
        el('tbody', {}, plan.objectives.map((one) => el('tr', { 'data-objective': one.name },
          el('th', { scope: 'row' }, one.label), el('td', {}, number(one.value)), el('td', {}, number(one.bound)),
          el('td', {}, one.proved ? gettext('yes') : gettext('no')))))));
  }

  ensembles.reasons = { reasons, remarks };
}());
