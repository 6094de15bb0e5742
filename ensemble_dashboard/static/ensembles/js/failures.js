// SPDX-License-Identifier: Apache-2.0
/* What failures cost: the worst single one of each level, and those somebody tries by clicking. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, ngettext, fill, level, left, list, domains } = ensembles.words;
  const { el, icon, badge } = ensembles.dom;
  const layout = ensembles.layout;

  const NAMED = 3; // domains that are listed by name

  /** A bar with its words: "2 of 3 left". */
  function bar(tier, remaining) {
    const filled = el('span', { class: 'ens-bar-filled ens-tier-' + tier.colour });
    filled.style.width = (tier.count ? Math.round(100 * remaining / tier.count) : 0) + '%';
    return el('span', { class: 'ens-left' + (remaining ? '' : ' is-none') },
      el('span', { class: 'ens-bar', 'aria-hidden': 'true' }, filled),
      el('span', { class: 'ens-left-words' }, remaining ? null : icon('bad'), ' ', left(remaining, tier.count)));
  }

  /**
   * The table of the worst single failures: a row for each level, a column for each tier. rooms: 'asked' while
   * it is being found out whether the lost could be placed again, 'unknown' when it could not be; the plan's own
   * answers count more. Without either there is no column for it.
   */
  function worst(plan, tiers, rooms) {
    const asked = Boolean(rooms) || plan.survivability.some((item) => item.headroom);
    const rows = plan.survivability.map((item) => {
      const remaining = new Map(item.worst.map((one) => [one.tier, one.left]));
      return el('tr', { 'data-level': item.level },
        el('th', { scope: 'row' }, fill(gettext('any one %(level)s'), { level: level(item.level) }),
          el('span', { class: 'ens-of' }, fill(gettext('of %(domains)s in use'),
            { domains: domains(item.level, item.domains_used) }))),
        tiers.map((tier) => el('td', { 'data-tier': tier.name },
          bar(tier, remaining.has(tier.name) ? remaining.get(tier.name) : tier.count))),
        asked ? el('td', { 'data-room': item.level }, room(plan, item, rooms)) : null);
    });
    return el('table', { class: 'table ens-worst' },
      el('caption', { class: 'sr-only' }, gettext('What is left of each tier after the worst single failure')),
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, gettext('After the loss of')),
        tiers.map((tier) => el('th', { scope: 'col' }, badge(tier), ' ', tier.name)),
        asked ? el('th', { scope: 'col' }, gettext('Could the lost be placed again?')) : null)),
      el('tbody', {}, rows));
  }

  /** Whether what one failure of a level takes could be placed again, wherever it strikes. */
  function room(plan, item, rooms) {
    if (!item.headroom) {
      return el('span', { class: 'text-muted' }, icon('wait'), ' ',
        rooms === 'asked' ? gettext('being found out…') : gettext('not known'));
    }
    const losses = item.losses.filter((loss) => loss.room);
    const without = losses.filter((loss) => loss.room.fits === false);
    if (item.headroom.fits === false) {
      return said('bad', gettext('no'), fill(gettext('not after %(domains)s'), { domains: some(plan, without) }));
    }
    const open = losses.filter((loss) => loss.room.fits === null);
    if (item.headroom.fits === null) {
      return said('warn', gettext('not decided'),
        fill(gettext('no answer was found for %(domains)s'), { domains: some(plan, open) }));
    }
    const others = Math.max(0, ...losses.map((loss) => loss.room.others));
    return said('good', gettext('yes'), others ? moving(others) : gettext('no other member would move'));
  }

  function said(sign, answer, more) {
    return [el('span', { class: 'ens-' + sign }, icon(sign), ' ', answer), el('span', { class: 'ens-of' }, more)];
  }

  function moving(others) {
    return fill(ngettext('if %(count)s other member moves too', 'if up to %(count)s other members move too', others),
      { count: others });
  }

  /** The first few domains of these losses, by name. */
  function some(plan, losses) {
    const labels = new Map(plan.domains.map((domain) => [domain.ref, domain.name || domain.label]));
    const names = losses.map((loss) => labels.get(loss.domain) || '?')
      .sort((one, other) => one.localeCompare(other, undefined, { numeric: true }));
    return list(names.length > NAMED + 1
      ? [...names.slice(0, NAMED), fill(gettext('%(count)s more'), { count: names.length - NAMED })] : names);
  }

  /** The same for one domain that somebody fails, as a sentence; nothing when it is not known. */
  function again(plan, ref) {
    const loss = plan.survivability.flatMap((item) => item.losses || []).find((one) => one.domain === ref);
    if (!loss || !loss.room) { return null; }
    const { fits, others } = loss.room;
    if (fits === null) { return el('p', {}, gettext('Whether the lost could be placed again is not decided.')); }
    if (!fits) { return el('p', {}, gettext('The lost could not be placed again.')); }
    return el('p', {}, others
      ? fill(gettext('The lost could be placed again %(condition)s.'), { condition: moving(others) })
      : gettext('The lost could be placed again.'));
  }

  /** What is left when the chosen domains fail; in words too, for the live region. */
  function tried(plan, tiers, failed) {
    const chosen = plan.domains.filter((domain) => failed.has(domain.ref));
    if (!chosen.length) {
      return el('p', { class: 'ens-hint' }, icon('bolt'), ' ',
        gettext('Click a host, a rack or a zone to fail it, and see who is left.'));
    }
    const after = layout.survivors(plan, tiers, failed);
    const dead = after.filter((item) => item.left === 0).map((item) => item.tier);
    return el('div', { class: 'ens-tried' },
      el('p', {}, fill(ngettext('If %(domains)s fails:', 'If %(domains)s fail:', chosen.length),
        { domains: list(chosen.map((domain) => domain.name || domain.label)) }),
      ' ', dead.length
        ? el('strong', { class: 'ens-bad' }, icon('bad'), ' ',
          fill(gettext('nothing is left of %(tiers)s.'), { tiers: list(dead) }))
        : el('strong', { class: 'ens-good' }, icon('good'), ' ', gettext('every tier lives on.'))),
      el('ul', { class: 'ens-plain' }, after.map((item, index) => el('li', { 'data-tier': item.tier },
        badge(tiers[index]), ' ', el('span', { class: 'ens-tried-name' }, item.tier), bar(tiers[index], item.left)))),
      chosen.length === 1 ? again(plan, chosen[0].ref) : null);
  }

  ensembles.failures = { worst, tried, bar };
}());
