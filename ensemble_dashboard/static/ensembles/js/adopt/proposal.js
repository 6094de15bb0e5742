// SPDX-License-Identifier: Apache-2.0
/* What would come of servers that are adopted: the tiers with their servers, and what is said about them. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill, members } = ensembles.words;
  const { el, icon, badge, typed } = ensembles.dom;

  /** "6 servers become an ensemble of 2 tiers." */
  function headline({ ensemble, members: adopted }) {
    const { length } = ensemble.tiers;
    const servers = fill(ngettext('%(count)s server', '%(count)s servers', adopted.length), { count: adopted.length });
    return fill(ngettext('%(servers)s in %(count)s tier. None is touched.',
      '%(servers)s in %(count)s tiers. None is touched.', length), { servers, count: length });
  }

  /** A card for each tier, whose name can be changed. legend: of the tiers; rename(place, name). */
  function tiers(adoption, legend, rename) {
    const card = (tier, place) => el('li', { class: 'ens-card', 'data-tier': tier.name },
      el('div', { class: 'ens-card-head' }, badge(tier),
        el('input', {
          type: 'text', class: 'form-control ens-tier-name', id: 'ens-tier-' + place, 'data-key': 'tier-' + place,
          'aria-label': fill(gettext('Name of tier %(number)s'), { number: place + 1 }), value: tier.name, maxlength: 32,
          on: { change: ({ target }) => rename(place, target.value) },
        }),
        el('span', { class: 'text-muted' }, members(tier.count))),
      el('span', { class: 'help-block ens-error', id: 'ens-tier-' + place + '-error', hidden: true }),
      el('ul', { class: 'ens-plain ens-adopt-members' }, adoption.members.filter((member) => member.tier === tier.name)
        .map((member) => el('li', {}, el('span', { class: 'ens-wrap' }, typed(member.server_name)), ' ',
          member.server_status === 'ACTIVE' ? null : el('span', { class: 'ens-term' }, member.server_status)))));
    return el('ol', { class: 'ens-cards' }, legend.map(card));
  }

  /** What does not hold as it stands; nothing where all does. */
  function degraded({ degraded: reasons }) {
    return reasons.length ? el('div', { class: 'alert alert-warning' },
      el('p', {}, el('strong', {}, icon('warn'), ' ', gettext('What does not hold now:'))),
      el('ul', {}, reasons.map(({ message }) => el('li', { class: 'ens-wrap' }, message))),
      el('p', {}, gettext('The ensemble is degraded until that is mended. Nothing is moved by adopting.'))) : [];
  }

  /** The moves with which all would hold, or why there are none; nothing where all holds. levels: the smallest first. */
  function mending({ mending: found }, levels) {
    if (!found) { return []; }
    if (!found.moves.length) {
      return [el('p', {}, gettext('No moves would mend that:')),
        el('ul', {}, found.reasons.map(({ message }) => el('li', { class: 'ens-wrap' }, message)))];
    }
    const labels = new Map(found.domains.map((domain) => [domain.ref, ensembles.words.label(domain)]));
    const place = (domains) => [...levels].reverse().map((level) => labels.get(domains[level])).filter(Boolean).join(' ▸ ');
    return [
      el('p', {}, fill(ngettext('%(count)s move would mend what does not hold, from the ensemble’s page once it is adopted:',
        '%(count)s moves would mend what does not hold, from the ensemble’s page once it is adopted:', found.moves.length),
      { count: found.moves.length })),
      el('ul', { class: 'ens-plain' }, found.moves.map((one) => el('li', { class: 'ens-wrap', 'data-moves': one.member },
        el('span', { class: 'ens-change-moved' }, icon('redo')), ' ', el('strong', {}, one.member), ' ', place(one.from),
        ' → ', place(one.to)))),
    ];
  }

  /** Which servers are no members, and why. */
  function leftOut({ left_out: servers }) {
    return servers.length ? [
      el('h3', {}, fill(ngettext('%(count)s server is left out', '%(count)s servers are left out', servers.length),
        { count: servers.length })),
      el('ul', { class: 'ens-plain' }, servers.map((one) => el('li', { class: 'ens-wrap', 'data-left-out': one.server_name },
        el('strong', {}, typed(one.server_name)), ' ', one.message))),
    ] : [];
  }

  /** What else is to be known. */
  function notes({ notes: said, warnings }) {
    return [...said, ...warnings].map(({ message }) => el('p', { class: 'alert alert-warning ens-wrap' }, message));
  }

  ensembles.proposal = { headline, tiers, degraded, mending, leftOut, notes };
}());
