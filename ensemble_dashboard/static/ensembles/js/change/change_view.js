// SPDX-License-Identifier: Apache-2.0
/* What a change does to the servers, in words: who comes, who goes, who moves and from where. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill } = ensembles.words;
  const { el, icon, badge } = ensembles.dom;
  const { changePicture, planTable } = ensembles;

  /** plan: feasible, with its change; legend: of its tiers; now: the survivability of what runs. */
  function view(plan, legend, now) {
    const { added, removed, released, moved } = changePicture.steps(plan, now);
    const known = [...now.domains, ...plan.domains];
    const labels = new Map(known.map((domain) => [domain.ref, ensembles.words.label(domain)]));
    const levels = planTable.levelsOf(plan);
    const place = (domains) => levels.map((name) => labels.get(domains[name])).filter(Boolean).join(' ▸ ') || '–';
    const byName = new Map(legend.map((tier) => [tier.name, tier]));
    const named = (one, struck) => [byName.has(one.tier) ? badge(byName.get(one.tier)) : null, ' ',
      el(struck ? 's' : 'strong', {}, one.member), ' '];
    const item = (kind, sign, one, said, struck) => el('li', { 'data-change': kind, 'data-member': one.member },
      el('span', { class: 'ens-change-' + kind }, icon(sign), ' ', said), ' ', named(one, struck),
      kind === 'moved' ? [place(one.from), ' → ', place(one.to)] : el('span', { class: 'text-muted' }, place(one.domains)));
    const items = [
      ...moved.map((one) => item('moved', 'redo', one, gettext('moves'))),
      ...added.map((one) => item('added', 'more', one, gettext('new'))),
      ...removed.map((one) => item('removed', 'less', one, gettext('goes'), true)),
      ...released.map((one) => item('released', 'less', one, gettext('leaves, and its server stays:'))),
    ];
    if (!items.length) { return null; }
    return el('section', { class: 'ens-change', id: 'ens-change', 'aria-labelledby': 'ens-change-title' },
      el('h3', { id: 'ens-change-title' }, fill(ngettext('%(count)s member changes', '%(count)s members change',
        items.length), { count: items.length })),
      el('ul', { class: 'ens-plain' }, items),
      removed.length && added.length ? el('p', { class: 'text-muted' },
        gettext('What is new is built first; nothing is removed before all of it is there.')) : null);
  }

  ensembles.changeView = { view };
}());
