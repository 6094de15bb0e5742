// SPDX-License-Identifier: Apache-2.0
/* What failures cost: the worst single one of each level, and those somebody tries by clicking. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, ngettext, fill, level, left, list, domains } = ensembles.words;
  const { el, icon, badge } = ensembles.dom;
  const layout = ensembles.layout;

  /** A bar with its words: "2 of 3 left". */
  function bar(tier, remaining) {
    const filled = el('span', { class: 'ens-bar-filled ens-tier-' + tier.colour });
    filled.style.width = (tier.count ? Math.round(100 * remaining / tier.count) : 0) + '%';
    return el('span', { class: 'ens-left' + (remaining ? '' : ' is-none') },
      el('span', { class: 'ens-bar', 'aria-hidden': 'true' }, filled),
      el('span', { class: 'ens-left-words' }, remaining ? null : icon('bad'), ' ', left(remaining, tier.count)));
  }

  /** The table of the worst single failures: a row for each level, a column for each tier. */
  function worst(plan, tiers) {
    const rows = plan.survivability.map((item) => {
      const remaining = new Map(item.worst.map((one) => [one.tier, one.left]));
      return el('tr', { 'data-level': item.level },
        el('th', { scope: 'row' }, fill(gettext('any one %(level)s'), { level: level(item.level) }),
          el('span', { class: 'ens-of' }, fill(gettext('of %(domains)s in use'),
            { domains: domains(item.level, item.domains_used) }))),
        tiers.map((tier) => el('td', { 'data-tier': tier.name },
          bar(tier, remaining.has(tier.name) ? remaining.get(tier.name) : tier.count))));
    });
    return el('table', { class: 'table ens-worst' },
      el('caption', { class: 'sr-only' }, gettext('What is left of each tier after the worst single failure')),
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, gettext('After the loss of')),
        tiers.map((tier) => el('th', { scope: 'col' }, badge(tier), ' ', tier.name)))),
      el('tbody', {}, rows));
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
        badge(tiers[index]), ' ', el('span', { class: 'ens-tried-name' }, item.tier), bar(tiers[index], item.left)))));
  }

  ensembles.failures = { worst, tried, bar };
}());
