// SPDX-License-Identifier: Apache-2.0
/* What failures cost at worst, for each level and tier, and whether lost members can be placed again. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill, level, left, domains, outcome } = ensembles.words;
  const { el, fillIn, icon, badge } = ensembles.dom;
  const losses = ensembles.losses;

  const NAMED = 3; // domains that are listed by name
  const MOST = 3; // failures at once that the slider goes to

  /**
   * A bar with its words: "2 of 3 left". single: what the worst single failure would leave, where more are told;
   * it stays in sight as the pale part of the bar. before: {left, count} of what runs, where it is to be
   * changed; said where it is something else.
   */
  function bar(tier, remaining, single, before) {
    const width = (part) => (tier.count ? Math.round(100 * part / tier.count) : 0) + '%';
    const filled = el('span', { class: 'ens-bar-filled ens-tier-' + tier.colour });
    filled.style.width = width(remaining);
    const pale = single === undefined ? null : el('span', { class: 'ens-bar-filled ens-bar-pale ens-tier-' + tier.colour });
    if (pale) { pale.style.width = width(single); }
    return el('span', { class: 'ens-left' + (remaining ? '' : ' is-none') },
      el('span', { class: 'ens-bar', 'aria-hidden': 'true' }, pale, filled),
      el('span', { class: 'ens-left-words' }, remaining ? null : icon('bad'), ' ', left(remaining, tier.count)),
      single === undefined ? null
        : el('span', { class: 'ens-of' }, fill(gettext('%(left)s after any one'), { left: single })),
      before && (before.left !== remaining || before.count !== tier.count) ? el('span', { class: 'ens-of ens-before' },
        fill(gettext('before: %(left)s'), { left: left(before.left, before.count) })) : null);
  }

  /**
   * The table of the worst failures: a row for each level, a column for each tier. rooms: 'asked' while it is
   * being found out whether lost members can be placed again, 'unknown' when it could not be; the plan's own answers
   * count more. Without either there is no column for it. more: {failures: how many at once, 1 if not given;
   * show(refs): if given, each row has a button that shows its worst case; before(level, failures): if given, a Map of
   * what the same leaves of each tier of what runs now, {left, count}}. Rooms are known for one failure alone: of
   * several the column says so.
   */
  function worst(plan, tiers, rooms, more) {
    const { failures, show, before } = { failures: 1, ...more };
    const asked = Boolean(rooms) || plan.survivability.some((item) => item.headroom);
    const rows = plan.survivability.map((item) => {
      const remaining = losses.worst(plan, tiers, item, failures);
      const single = failures > 1 ? losses.worst(plan, tiers, item, 1) : [];
      const now = before ? before(item.level, failures) : new Map();
      return el('tr', { 'data-level': item.level },
        el('th', { scope: 'row' }, any(item, failures), failures <= item.domains_used ? el('span', { class: 'ens-of' },
          fill(gettext('of %(domains)s in use'), { domains: domains(item.level, item.domains_used) })) : null,
        headline(losses.worstOutcome(item, failures)), show ? showButton(plan, item, failures, show) : null),
        tiers.map((tier, index) => el('td', { 'data-tier': tier.name, 'data-label': tier.name },
          bar(tier, remaining[index].left, single.length ? single[index].left : undefined, now.get(tier.name)))),
        asked ? el('td', {
          'data-room': item.level, 'data-label': gettext('Can lost members be placed again?'),
        }, failures > 1 ? el('span', { class: 'text-muted' }, gettext('told for one failure alone'))
          : room(item, rooms)) : null);
    });
    return el('div', { class: 'ens-scroll' }, el('table', { class: 'table ens-worst' },
      el('caption', { class: 'sr-only' }, gettext('What is left of each tier after the worst failures')),
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, gettext('After the loss of')),
        tiers.map((tier) => el('th', { scope: 'col' }, badge(tier), ' ', el('span', { class: 'ens-wrap' }, tier.name))),
        asked ? el('th', { scope: 'col' }, gettext('Can lost members be placed again?')) : null)),
      el('tbody', {}, rows)));
  }

  /** What fails: "any one rack", "any 2 racks at once"; where fewer are in use, these. */
  function any(item, failures) {
    if (failures === 1) { return fill(gettext('any one %(level)s'), { level: level(item.level) }); }
    if (item.domains_used >= failures) {
      return fill(gettext('any %(domains)s at once'), { domains: domains(item.level, failures) });
    }
    return item.domains_used === 1 ? fill(gettext('the one %(level)s in use'), { level: level(item.level) })
      : fill(gettext('all %(domains)s in use'), { domains: domains(item.level, item.domains_used) });
  }

  /** What a failure leaves, in one word with its sign. */
  function headline(state) {
    const sign = { works: 'good', degraded: 'warn' }[state] || 'bad';
    return el('strong', { class: 'ens-outcome ens-' + sign, 'data-outcome': state }, icon(sign), ' ', outcome(state));
  }

  function showButton(plan, item, failures, show) {
    return el('button', {
      type: 'button', class: 'btn btn-link ens-show-worst', 'data-worst': item.level,
      'aria-label': fill(gettext('Show the worst case in the picture: %(loss)s'), { loss: any(item, failures) }),
      on: { click: () => show(losses.worstDomains(plan, item.level, failures)) },
    }, icon('bolt'), ' ', gettext('Show'));
  }

  /** How many failures at once there can be: no more than domains of any level are in use. */
  function most(plan) {
    return Math.max(1, Math.min(MOST, Math.max(0, ...plan.survivability.map((item) => item.domains_used))));
  }

  /**
   * How many domains fail at once: a slider that goes up to `highest`. change(number) is called when it is moved. Where
   * only one can fail there is nothing to choose.
   */
  function slider(failures, highest, change) {
    if (highest < 2) { return null; }
    const chosen = el('output', { for: 'ens-failures' }, count(failures));
    return el('div', { class: 'ens-slider' },
      el('label', { for: 'ens-failures' }, gettext('Failures at once')),
      el('input', {
        id: 'ens-failures', type: 'range', min: 1, max: highest, step: 1, value: failures,
        'aria-valuetext': count(failures),
        on: {
          input({ target }) {
            const wanted = Number(target.value);
            fillIn(chosen, count(wanted));
            target.setAttribute('aria-valuetext', count(wanted));
            change(wanted);
          },
        },
      }), chosen);
  }

  function count(failures) {
    return fill(ngettext('any %(count)s', 'any %(count)s at once', failures), { count: failures });
  }

  /** Whether what one failure of a level takes could be placed again, wherever it strikes, as the API says it. */
  function room(item, rooms) {
    if (!item.headroom) {
      return el('span', { class: 'text-muted' }, icon('wait'), ' ',
        rooms === 'asked' ? gettext('being found out…') : gettext('not known'));
    }
    const sign = new Map([[true, 'good'], [false, 'bad']]).get(item.headroom.fits) || 'warn';
    return [el('span', { class: 'ens-' + sign }, icon(sign)), ' ', item.headroom.message];
  }

  /** The first few of these names, and how many more there are. */
  function named(names) {
    return names.length > NAMED + 1
      ? [...names.slice(0, NAMED), fill(gettext('%(count)s more'), { count: names.length - NAMED })] : names;
  }

  ensembles.failures = { worst, most, slider, headline, bar, named };
}());
