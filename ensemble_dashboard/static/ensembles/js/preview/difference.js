// SPDX-License-Identifier: Apache-2.0
/* What is different when the cloud has changed between the preview and the submit. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill, label } = ensembles.words;
  const { el, icon, badge } = ensembles.dom;

  /**
   * A box with the members that would be elsewhere, what that changes in what failures leave, and two buttons.
   * state: {plan, moved, earlier: domains, worst}, as the API tells them of a plan that does not hold.
   */
  function view(state, legend, act) {
    const { plan, moved, worst } = state;
    const labels = new Map([...state.earlier, ...plan.domains].map((domain) => [domain.ref, label(domain)]));
    const byName = new Map(legend.map((tier) => [tier.name, tier]));
    const where = (domains) => (domains ? path(plan, domains, labels) : gettext('not known any more'));
    return el('div', {
      class: 'ens-difference', id: 'ens-difference', role: 'group', 'aria-labelledby': 'ens-difference-title',
    },
      el('h3', { id: 'ens-difference-title' }, icon('warn'), ' ', fill(ngettext(
        'The cloud has changed: %(count)s member would be elsewhere',
        'The cloud has changed: %(count)s members would be elsewhere', moved.length), { count: moved.length })),
      el('p', {}, gettext('Nothing was built. This is what is possible now:')),
      el('div', { class: 'ens-scroll' }, table([gettext('Member'), gettext('Before'), gettext('Now')], moved.map((one) => [
        [byName.has(one.tier) ? badge(byName.get(one.tier)) : null, ' ', one.member], where(one.from), where(one.to)]))),
      worst ? leaves(worst, byName) : null,
      el('div', { class: 'ens-difference-buttons' },
        el('button', { id: 'ens-build-new', type: 'button', class: 'btn btn-primary', on: { click: act.build } },
          icon('check'), ' ', gettext('Build it like this')),
        el('button', { id: 'ens-keep-drawing', type: 'button', class: 'btn btn-default', on: { click: act.keep } },
          gettext('Keep drawing'))));
  }

  /** What the worst single failures leave that is not as it was by the plan before; nothing where that is not known. */
  function leaves(worst, byName) {
    return worst.length
      ? [el('p', {}, gettext('What the worst single failure leaves is different too:')),
        el('ul', { class: 'ens-plain', id: 'ens-difference-worst' }, worst.map((one) => el('li', { 'data-tier': one.tier },
          icon(one.left < one.before ? 'warn' : 'good'), ' ', badge(byName.get(one.tier)), ' ', one.message)))]
      : el('p', {}, icon('good'), ' ', gettext('What the worst single failure leaves is the same as before.'));
  }

  /** "zone A ▸ rack B ▸ host C". */
  function path(plan, domains, labels) {
    return ensembles.planTable.levelsOf(plan).map((name) => labels.get(domains[name]) || '–').join(' ▸ ');
  }

  function table(head, rows) {
    return el('table', { class: 'table table-condensed' },
      el('thead', {}, el('tr', {}, head.map((title) => el('th', { scope: 'col' }, title)))),
      el('tbody', {}, rows.map(([first, ...others]) => el('tr', {}, el('th', { scope: 'row' }, first),
        others.map((cell) => el('td', {}, cell))))));
  }

  ensembles.difference = { view };
}());
