// SPDX-License-Identifier: Apache-2.0
/* How far an ensemble is, in words, as steps and as a bar with one part for each member. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, status } = ensembles.words;
  const { el, icon } = ensembles.dom;
  const { lasted } = ensembles.time;

  const LEAVING = ['ROLLING_BACK', 'DELETING'];
  const MOST_PARTS = 80; // members that get a part of the bar of their own

  /** How many members are where the ensemble is heading, and of how many: {done, total, leaving}. */
  function counted({ status: now, progress }) {
    return { done: progress.done, total: progress.total, leaving: LEAVING.includes(now) };
  }

  /**
   * The phases: [{name, text, state}], state 'done', 'now', 'failed' or 'later'. A build that failed, or that
   * somebody cancelled, goes another way than it was to.
   */
  function steps(ensemble) {
    const reserve = gettext('Reserve all capacity');
    const build = gettext('Build the servers');
    const row = (...parts) => parts.map(([name, text, state]) => ({ name, text, state }));
    switch (ensemble.status) {
      case 'RESERVING':
        return row(['reserve', reserve, 'now'], ['build', build, 'later'], ['active', gettext('Active'), 'later']);
      case 'BUILDING':
        return row(['reserve', reserve, 'done'], ['build', build, 'now'], ['active', gettext('Active'), 'later']);
      case 'ROLLING_BACK':
        return row(['reserve', reserve, 'done'], ['build', build, 'failed'],
          ['remove', gettext('Remove everything again'), 'now']);
      case 'DELETING':
        return row(['remove', gettext('Remove servers, capacity and ports'), 'now'], ['gone', gettext('Gone'), 'later']);
      default:
        return [];
    }
  }

  function stepList(ensemble) {
    const signs = { done: 'check', failed: 'bad', now: 'wait' };
    const spoken = { done: gettext('done'), failed: gettext('failed'), now: gettext('now'), later: gettext('to come') };
    return el('ol', { class: 'ens-steps', 'aria-label': gettext('Phases') }, steps(ensemble).map((step) =>
      el('li', { class: 'is-' + step.state, 'aria-current': step.state === 'now' ? 'step' : null },
        signs[step.state] ? icon(signs[step.state]) : el('span', { class: 'ens-step-dot', 'aria-hidden': 'true' }), ' ',
        step.text, el('span', { class: 'sr-only' }, ' (' + spoken[step.state] + ')'))));
  }

  /** The bar, which fills with what is done: a part for each member in their order; plain when they are too many. */
  function bar(ensemble, tiers) {
    const { done, total, leaving } = counted(ensemble);
    const colours = new Map(tiers.map((tier) => [tier.name, tier.colour]));
    const members = ensemble.members || [];
    let parts;
    if (members.length && members.length <= MOST_PARTS) {
      parts = members.map((member) => el('span', {
        class: 'ens-part ens-tier-' + (colours.get(member.tier) || 0) + ' is-' + member.status.toLowerCase(),
        title: fill(gettext('%(member)s: %(status)s'), { member: member.name, status: status(member.status) }),
      }));
    } else {
      const filled = el('span', { class: 'ens-part ens-tier-0 ' + (leaving ? 'is-deleted' : 'is-active') });
      filled.style.flexGrow = done;
      const rest = el('span', { class: 'ens-part ens-tier-0 is-reserved' });
      rest.style.flexGrow = Math.max(total - done, 0);
      parts = [filled, rest];
    }
    return el('div', {
      class: 'ens-parts' + (leaving ? ' is-leaving' : ''),
      role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': total, 'aria-valuenow': done,
      'aria-label': leaving ? gettext('Members that are removed') : gettext('Members that are active'),
    }, parts);
  }

  /** "for 12 s" while something goes on, "built in 23 s" once it is there; now: ms of the API's clock. */
  function time(ensemble, settled, now) {
    const at = (type) => (ensemble.events || []).filter((event) => event.type === type)
      .map((event) => Date.parse(event.at));
    // What a removal waits for is told under the same status, after it has begun.
    const begun = LEAVING.includes(ensemble.status) ? at(ensemble.status)[0] || Date.parse(ensemble.updated_at)
      : Date.parse(ensemble.created_at);
    if (!settled) { return fill(gettext('for %(time)s'), { time: lasted(now - begun) }); }
    const built = at('ACTIVE')[0];
    return ['ACTIVE', 'DEGRADED'].includes(ensemble.status) && built
      ? fill(gettext('built in %(time)s'), { time: lasted(built - begun) }) : '';
  }

  /** The sign beside the sentence; state: 'holds' or 'differs' of what is active, null while that is not known. */
  function sign(ensemble, state) {
    if (ensemble.status === 'DEGRADED') { return 'warn'; }
    if (ensemble.status !== 'ACTIVE') { return ensemble.status === 'ERROR' ? 'bad' : 'wait'; }
    return { holds: 'good', differs: 'warn' }[state] || 'less';
  }

  ensembles.progress = { counted, steps, stepList, bar, time, sign };
}());
