// SPDX-License-Identifier: Apache-2.0
/* What went wrong with an ensemble, and what to do about it. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el } = ensembles.dom;
  const { exact } = ensembles.formats;

  /**
   * The box for an ensemble's fault, or for what does not hold now; nothing where none is to be told. current: the
   * current state, null while it is not known; the servers that are down are told with what has failed, and not again.
   */
  function box({ fault, status, degraded }, current) {
    if (degraded) { return missing(degraded, Boolean(current?.failures?.length)); }
    if (fault && status === 'DELETING') {
      return el('div', { class: 'ens-fault', role: 'alert' },
        el('p', {}, el('strong', {}, gettext('What the removal waits for:')), ' ', fault.message),
        fault.since ? el('p', {}, fill(gettext('Since %(since)s.'), { since: exact(fault.since) })) : null);
    }
    if (!fault || !['ERROR', 'ROLLING_BACK'].includes(status)) { return []; }
    return el('div', { class: 'ens-fault', role: 'alert' },
      el('p', {}, el('strong', {}, gettext('What went wrong:')), ' ', fault.message),
      (fault.reasons || []).length ? el('ul', {}, fault.reasons.map((reason) => el('li', {}, reason.message,
        reason.suggestion ? ' ' + reason.suggestion : null))) : null,
      el('p', {}, el('strong', {}, gettext('What to do:')), ' ', status === 'ERROR'
        ? gettext('It is all or nothing: no server, no capacity and no port is left. Draw another like this and ' +
          'try again, or change what was asked for; then delete this one.')
        : gettext('Nothing yet: what was built is being removed again, since it is all or nothing.')));
  }

  /** What does not hold, each reason once. failed: whether it is told above who is lost. */
  function missing({ reasons: all, since }, failed) {
    const reasons = all.filter(({ code }) => !failed || code !== 'degraded.cut-off');
    return reasons.length ? el('div', { class: 'ens-fault', role: 'alert' },
      el('p', {}, el('strong', {}, failed ? gettext('What does not hold meanwhile:') : gettext('What does not hold now:'))),
      el('ul', {}, reasons.map((reason) => el('li', {}, reason.message))),
      el('p', {}, fill(gettext('Since %(since)s.'), { since: exact(since) }))) : [];
  }

  ensembles.detailsFault = { box };
}());
