// SPDX-License-Identifier: Apache-2.0
/* The verdict on a drawing: the headline for the strip, and the reasons for the preview. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, fill, members, domains, list, survives } = ensembles.words;
  const { el, icon } = ensembles.dom;
  const layout = ensembles.layout;

  /**
   * Say where a drawing stands. state: {kind, ...} with kind
   *   'incomplete' {problem: text}, 'asking', 'fits' {plan, at}, 'refused' {reasons, proved},
   *   'error' {message}, 'submitting'.
   * Gives {tone, sign, headline, more}.
   */
  function words(state) {
    switch (state.kind) {
      case 'incomplete':
        return { tone: 'wait', sign: 'pencil', headline: gettext('Not complete yet.'), more: state.problem };
      case 'fits':
        return fitting(state);
      case 'refused':
        return {
          tone: 'bad', sign: 'bad',
          headline: gettext('This does not fit.'),
          more: state.reasons.length ? state.reasons[0].message : '',
        };
      case 'error':
        return { tone: 'bad', sign: 'warn', headline: gettext('That did not work.'), more: state.message };
      case 'submitting':
        return { tone: 'wait', sign: 'wait', headline: gettext('Reserving the capacity…'), more: '' };
      default:
        return { tone: 'wait', sign: 'wait', headline: gettext('Planning…'), more: '' };
    }
  }

  function fitting(state) {
    const plan = state.plan;
    const used = plan.survivability.map((item) => domains(item.level, item.domains_used));
    return {
      tone: plan.violations.length ? 'warn' : 'good',
      sign: plan.violations.length ? 'warn' : 'good',
      headline: fill(gettext('It fits: %(members)s on %(domains)s.'),
        { members: members(plan.assignments.length), domains: list(used) }),
      more: survives(layout.survives(plan.survivability)),
    };
  }

  /** Fill the strip. The words are read out once, when they change. */
  function show(strip, state) {
    const said = words(state);
    const text = said.headline + ' ' + said.more;
    if (strip.dataset.said === text) { return; }
    strip.dataset.said = text;
    strip.dataset.kind = state.kind;
    strip.className = 'ens-verdict ens-verdict-' + said.tone;
    strip.replaceChildren(icon(said.sign), el('span', {}, el('strong', {}, said.headline), ' ',
      el('span', { class: 'ens-verdict-more' }, said.more)));
  }

  /** Why it does not fit, each reason with what would help. */
  function reasons(state) {
    return el('div', { class: 'ens-reasons' },
      el('p', {}, state.proved
        ? gettext('There is no way to place this, for these reasons:')
        : gettext('No way to place this was found. Reasons:')),
      el('ul', {}, state.reasons.map((reason) => el('li', { 'data-code': reason.code },
        el('span', {}, reason.message),
        reason.suggestion
          ? el('span', { class: 'ens-suggestion' }, icon('hint'), ' ', reason.suggestion) : null))));
  }

  /** How good the plan is known to be, what it leaves undone, and that nothing is held yet. */
  function remarks(state) {
    const plan = state.plan;
    const proved = plan.objectives.every((objective) => objective.proved);
    return el('div', { class: 'ens-remarks' },
      plan.violations.map((violation) => el('p', { class: 'ens-warn' }, icon('warn'), ' ',
        gettext('Wished for, but not possible:'), ' ', violation.message)),
      el('p', { class: 'text-muted' },
        proved ? gettext('Proved: no plan is better.') : gettext('Whether a better plan exists is not proved.'),
        ' ', fill(gettext('As of %(time)s; nothing is reserved.'), { time: state.at })));
  }

  ensembles.verdict = { words, show, reasons, remarks };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.verdict; }
}());
