// SPDX-License-Identifier: Apache-2.0
/* What has failed under an ensemble, whether its promises held, what is done about it, and that it is over. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill } = ensembles.words;
  const { el, icon } = ensembles.dom;
  const { filled } = ensembles.sentence;
  const { losses, whatIf, formats } = ensembles;
  const { since, lasted } = ensembles.time;

  const RECENT = 15 * 60 * 1000; // ms for which it is told that something is over
  const TOLD = 4; // of what had not held, the last ones

  /** The domains that have failed and what became of the promises; nothing where none has. state: of details_state.js. */
  function told(state) {
    const failures = state.current?.failures || [];
    if (!failures.length) { return []; }
    return [
      el('ul', { class: 'ens-plain ens-failures' }, failures.map((one) => el('li', { 'data-failure': one.domain },
        icon('bolt'), el('div', {}, el('strong', {}, sentence(one)), ' ',
          // That time goes by is no news that should be read out.
          one.since ? el('span', { class: 'ens-quiet', 'aria-live': 'off' }, since(one.since, state.now)) : null,
          one.members.length ? el('div', { class: 'ens-quiet ens-wrap' }, one.members.join(', ')) : null)))),
      whatIf.lines(promises(state)),
    ];
  }

  /** "2 servers are down: host J in rack A lost contact at 12:03:07", what is dead struck through. */
  function sentence({ members, title, since: at, message }) {
    if (!at) { return message; }
    return filled(ngettext('%(count)s server is down: %(place)s lost contact at %(time)s.',
      '%(count)s servers are down: %(place)s lost contact at %(time)s.', members.length), {
      count: members.length, place: el('s', { class: 'ens-dead' }, title), time: formats.clock(at),
    });
  }

  /** What each policy "survive" asks for against the members that run, in the form of losses.promises. */
  function promises({ current, picture, legend, ensemble }) {
    const failed = new Set(current.failures.map((one) => one.domain));
    const holds = new Map((current.promises || []).map((one) => [one.policy, one.holds]));
    return losses.promises(picture, legend, ensemble.policies, failed).map((one) => ({
      ...one, message: [left(one), one.kept && holds.get(one.policy) === false
        ? gettext('One more failure would break it.') : ''].join(' ').trim(),
    }));
  }

  function left({ tier, left: running, needed }) {
    return fill(ngettext('%(left)s of %(tier)s run, and %(count)s is needed.',
      '%(left)s of %(tier)s run, and %(count)s are needed.', needed), { tier, left: running, count: needed });
  }

  /** The operation under way on an ensemble that runs, with how far it is; nothing where none is. */
  function underWay({ ensemble, built, unseen }) {
    const { operation, progress } = ensemble;
    if (built && !operation && unseen) {
      return [icon('wait'), ' ', gettext('That has ended; Nova is about to be looked at again.')];
    }
    if (!built || !operation) { return []; }
    const bar = el('span', { class: 'ens-bar-filled' });
    bar.style.width = (progress.total ? Math.round(100 * progress.done / progress.total) : 0) + '%';
    return [icon('wait'), ' ', el('strong', {}, operation.type_label), ' ', el('span', {}, progress.message),
      progress.total ? el('span', {
        class: 'ens-bar', role: 'progressbar', 'aria-label': operation.type_label, 'aria-valuemin': 0,
        'aria-valuemax': progress.total, 'aria-valuenow': progress.done,
      }, bar) : null];
  }

  /**
   * That what was promised holds again, if that has not been so for long: {at, took: ms, null where the beginning is not
   * known, lost: what had not held, [{at, message}]} or null. now: ms.
   */
  function regained({ status, events }, now) {
    const list = (events || []).filter(({ type }) => ['promise lost', 'promise regained'].includes(type));
    const end = list[list.length - 1];
    if (status !== 'ACTIVE' || end?.type !== 'promise regained' || now - Date.parse(end.at) > RECENT) { return null; }
    const before = list.slice(0, -1);
    const lost = before.slice(before.map(({ type }) => type).lastIndexOf('promise regained') + 1);
    return { at: end.at, took: lost.length ? Date.parse(end.at) - Date.parse(lost[0].at) : null, lost };
  }

  /** That it is over, and what it was: it may have come and gone while nobody looked. found: as regained gives it. */
  function healed(found) {
    if (!found) { return []; }
    const time = formats.clock(found.at);
    return [icon('good'), el('div', {}, el('strong', {}, found.took === null
      ? fill(gettext('What was promised holds again since %(time)s.'), { time })
      : fill(gettext('What was promised holds again since %(time)s, after %(duration)s.'),
        { time, duration: lasted(found.took) })),
    el('ul', { class: 'ens-plain ens-quiet' }, found.lost.slice(-TOLD).map(({ at, message }) =>
      el('li', {}, el('time', { datetime: at }, formats.clock(at)), ' ', el('span', {}, message)))))];
  }

  ensembles.detailsFailures = { told, promises, underWay, regained, healed };
}());
