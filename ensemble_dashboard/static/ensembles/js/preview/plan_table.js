// SPDX-License-Identifier: Apache-2.0
/* The picture as a table, for those who do not see it and for copying; and what its signs mean. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, level } = ensembles.words;
  const { el, badge } = ensembles.dom;

  /** What the letters and colours mean. mark(tier name or null): if given, a tier shows where it could be. */
  function key(tiers, mark) {
    return el('ul', { class: 'ens-key', 'aria-label': gettext('Tiers') }, tiers.map((tier) => {
      const count = ensembles.formats.number(tier.count);
      const words = [badge(tier), ' ', el('span', { class: 'ens-wrap' }, tier.name), ' × ', count];
      return el('li', {}, mark ? marker(tier, words, mark) : words);
    }));
  }

  /** A button that shows where one more member could be: while it is looked at, or for good once pressed. */
  function marker(tier, words, mark) {
    const pressed = () => button.closest('ul').querySelector('[aria-pressed=true]');
    const look = (name) => () => mark(name || (pressed() ? pressed().dataset.key : null));
    const button = el('button', {
      type: 'button', class: 'ens-key-tier', 'data-key': tier.name, 'aria-pressed': 'false',
      title: gettext('Show where one more of this tier could be'),
      on: {
        mouseenter: look(tier.name), mouseleave: look(null), focus: look(tier.name), blur: look(null),
        click() {
          const was = pressed();
          if (was) { was.setAttribute('aria-pressed', 'false'); }
          button.setAttribute('aria-pressed', String(was !== button));
          mark(was === button ? null : tier.name);
        },
      },
    }, words);
    return button;
  }

  /** What the signs in the boxes mean, of those that are there. */
  function signs(plan) {
    const sign = (look, words, inside) => el('li', {}, el('span', { class: look, 'aria-hidden': 'true' }, inside), words);
    const known = plan.domains.some((domain) => domain.room);
    const held = plan.domains.some((domain) => domain.held && domain.level === 'host');
    return known || held ? el('ul', { class: 'ens-signs', 'aria-label': gettext('Signs') },
      known ? [sign('ens-sign ens-sign-possible', gettext('could hold one more')),
        sign('ens-sign ens-sign-impossible', gettext('can hold nothing of this drawing'))] : null,
      held ? sign('ens-held', gettext('members of your other ensembles'), 'n') : null) : null;
  }

  /** The rows of the table, its head first: a member, its tier, and a domain of each level. */
  function rows(plan) {
    const labels = new Map(plan.domains.map((domain) => [domain.ref, ensembles.words.label(domain)]));
    const levels = levelsOf(plan);
    return [[gettext('Member'), ...levels.map(level)],
      ...plan.assignments.map((one) => [one.member, ...levels.map((name) => labels.get(one.domains[name]) || '–')])];
  }

  /** The picture as a table: one row for each member, one column for each level. */
  function table(plan) {
    const [head, ...body] = rows(plan);
    return el('details', { class: 'ens-as-table' },
      el('summary', {}, gettext('The same as a table')),
      el('table', { class: 'table table-condensed' },
        el('thead', {}, el('tr', {}, head.map((title) => el('th', { scope: 'col' }, title)))),
        el('tbody', {}, body.map(([first, ...others]) => el('tr', {}, el('th', { scope: 'row' }, first),
          others.map((cell) => el('td', {}, cell)))))));
  }

  /** The same for a spreadsheet: columns parted by tabs. */
  function text(plan) {
    return rows(plan).map((row) => row.map((cell) => String(cell).replace(/[\t\r\n]/g, ' ')).join('\t')).join('\n') + '\n';
  }

  /** The levels of a plan, from the largest down: as the survivability lists them reversed, or as its domains lie. */
  function levelsOf(plan) {
    if (plan.survivability.length) { return plan.survivability.map((item) => item.level).reverse(); }
    const parents = new Map((plan.domains || []).map((each) => [each.ref, each.parent]));
    const depth = (ref) => (parents.get(ref) ? 1 + depth(parents.get(ref)) : 0);
    const depths = new Map((plan.domains || []).map((each) => [each.level, depth(each.ref)]));
    return [...depths.keys()].sort((a, b) => depths.get(a) - depths.get(b));
  }

  ensembles.planTable = { key, signs, rows, table, text, levelsOf };
}());
