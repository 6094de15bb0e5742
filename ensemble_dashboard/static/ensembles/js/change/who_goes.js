// SPDX-License-Identifier: Apache-2.0
/* Which members of a tier go when it has fewer: those that the planner chooses, or those that somebody chooses. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { ngettext, fill, list } = ensembles.words;
  const { el, fillIn, icon } = ensembles.dom;

  /**
   * The part of a tier's card. page: of draw.js, with running: {surplus, members} of running_ensemble.js and
   * removing(names): these were chosen. Null where nobody has to go.
   */
  function view(tier, page) {
    const count = page.running.surplus(tier, page.draft);
    if (!count) { return null; }
    const names = page.running.members(tier).map(({ name }) => name);
    const chosen = page.draft.remove.filter((name) => names.includes(name)).slice(0, count);
    const full = chosen.length >= count;
    const toggle = (name) => ({ target }) => page.removing(names,
      target.checked ? [...chosen, name] : chosen.filter((one) => one !== name));
    const choice = (name) => el('input', {
      type: 'checkbox', id: tier.key + '-goes-' + name, value: name, checked: chosen.includes(name),
      // Not `disabled`: the focus would be lost.
      'aria-disabled': full && !chosen.includes(name) ? 'true' : null, on: {
        click: (event) => { if (event.target.getAttribute('aria-disabled')) { event.preventDefault(); } },
        change: toggle(name),
      },
    });
    return el('details', { class: 'ens-who-goes', id: tier.key + '-goes', open: chosen.length > 0 },
      el('summary', {}, icon('less'), ' ', el('span', { 'data-goes': tier.key }, going(count, chosen))),
      el('fieldset', {},
        el('legend', { class: 'text-muted' }, fill(ngettext('Choose which one goes, or leave it to the planner:',
          'Choose which %(count)s go, or leave it to the planner:', count), { count })),
        el('ul', { class: 'ens-plain' }, page.running.members(tier).map(({ name, domains }) => el('li', {},
          el('label', {}, choice(name), ' ', el('strong', {}, name), ' ',
            el('span', { class: 'text-muted' }, page.running.place(domains))))))));
  }

  function going(count, names) {
    if (!names.length) { return fill(ngettext('%(count)s member goes', '%(count)s members go', count), { count }); }
    return fill(ngettext('%(members)s goes', '%(members)s go', names.length), { members: list(names) });
  }

  /** Say by name who goes, once that is planned. removed: the names of a preview. */
  function tell(root, page, removed) {
    for (const tier of page.draft.tiers) {
      const said = root.querySelector('[data-goes="' + tier.key + '"]');
      if (!said) { continue; }
      const names = page.running.members(tier).map(({ name }) => name).filter((name) => removed.includes(name));
      fillIn(said, going(page.running.surplus(tier, page.draft), names));
    }
  }

  ensembles.whoGoes = { view, tell };
}());
