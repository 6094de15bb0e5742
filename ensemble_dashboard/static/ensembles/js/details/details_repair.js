// SPDX-License-Identifier: Apache-2.0
/* What a repair would do, before somebody asks for it. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, label } = ensembles.words;
  const { el, errorLink, typed } = ensembles.dom;
  const { filled } = ensembles.sentence;

  /** Look what a repair would do, and ask whether to. page, ask: of details_actions.js; button: what was pressed. */
  async function preview(page, ask, button) {
    button.setAttribute('aria-busy', 'true');
    try {
      const { repair } = await page.server.get(page.data.repairUrl);
      ask(page, {
        title: gettext('Repair “%(name)s”?'), words: (ensemble) => said(ensemble, repair), url: page.data.repairUrl,
        yes: gettext('Repair Ensemble'), no: gettext('Leave it'), look: 'btn-primary', more: list(repair),
      });
    } catch (problem) {
      page.trouble(problem.message, null, errorLink(problem));
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  /** [what it does, whether there is nothing to repair now]. */
  function said(ensemble, repair) {
    if (!ensemble.settled) { return [gettext('Something else is done with it now; look again when that is over.'), true]; }
    if (ensemble.status !== 'DEGRADED') { return [gettext('What was promised holds again.'), true]; }
    return [repair.message, !repair.moves.length];
  }

  /** Where each member would go, and what is in the way. */
  function list({ moves, unmet, reasons, left, domains }) {
    const line = (move) => el('li', { 'data-member': move.member }, filled(gettext('%(member)s to %(place)s'),
      { member: el('strong', {}, move.member), place: typed(place(move, domains)) }));
    return [
      moves.length ? el('ul', { class: 'ens-repair-moves' }, moves.map(line)) : null,
      left.map(({ member, message }) => el('p', {}, fill(gettext('%(member)s: %(status)s'), { member, status: message }))),
      [...unmet, ...reasons].map(({ message }) => el('p', { class: 'ens-quiet' }, message)),
    ];
  }

  /** The domains of a place, the largest first, as the API lists them. */
  function place(move, domains) {
    const refs = Object.values(move.domains);
    return domains.filter(({ ref }) => refs.includes(ref)).map(label).join(' / ');
  }

  ensembles.detailsRepair = { preview, list };
}());
