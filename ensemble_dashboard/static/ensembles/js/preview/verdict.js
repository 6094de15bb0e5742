// SPDX-License-Identifier: Apache-2.0
/* The verdict on a drawing: the headline for the strip. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, outcomes } = ensembles.words;
  const { el, icon, errorLink } = ensembles.dom;

  /**
   * Say where a drawing stands. state: {kind, ...} with kind
   *   'incomplete' {problem: text}, 'asking', 'fits' {plan, at}, 'refused' {reasons, proved, at},
   *   'error' {message, told: as api.js has it},
   *   'submitting', 'changed' {plan, moved, earlier, worst, at}: not built, since the cloud has changed.
   * Gives {tone, sign, headline, more}.
   */
  function words(state) {
    switch (state.kind) {
      case 'incomplete':
        return { tone: 'wait', sign: 'pencil', headline: gettext('Not complete yet.'), more: state.problem };
      case 'fits':
        return fitting(state);
      case 'refused':
        return state.proved
          ? { tone: 'bad', sign: 'bad', headline: gettext('This does not fit.'), more: mainly(state) }
          : {
            tone: 'warn', sign: 'warn', headline: gettext('No plan was found, and whether there is one is not decided.'),
            more: mainly(state),
          };
      case 'error':
        return state.told ? { tone: 'warn', sign: 'warn', headline: state.told.title, more: state.told.more }
          : { tone: 'bad', sign: 'warn', headline: gettext('That did not work.'), more: state.message };
      case 'changed':
        return {
          tone: 'warn', sign: 'warn', headline: gettext('The cloud has changed since this was planned; nothing was built.'),
          more: gettext('Look at the difference, and build it like this or keep drawing.'),
        };
      case 'submitting':
        return { tone: 'wait', sign: 'wait', headline: gettext('Reserving the capacity…'), more: '' };
      default:
        return { tone: 'wait', sign: 'wait', headline: gettext('Planning…'), more: '' };
    }
  }

  function mainly(state) {
    return state.reasons.length ? state.reasons[0].message : '';
  }

  function fitting(state) {
    const { message, over_quota: beyond, violations, survivability } = state.plan;
    const good = !beyond.length && !violations.length;
    return {
      tone: good ? 'good' : 'warn', sign: good ? 'good' : 'warn', headline: message,
      more: beyond.length ? '' : outcomes(survivability),
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
      el('span', { class: 'ens-verdict-more' }, said.more)), errorLink(state) || '');
  }

  ensembles.verdict = { words, show };
}());
