// SPDX-License-Identifier: Apache-2.0
/* The picture: zone, rack and host as boxes in boxes, and the members in them; the same as a table. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, fill, level, members, status } = ensembles.words;
  const { el, icon, badge } = ensembles.dom;
  const layout = ensembles.layout;

  /**
   * Draw a plan. tiers: the legend; failed: Set of refs, which this changes when a domain is
   * clicked; onFail: called after that. Gives the element.
   */
  function picture(plan, tiers, failed, onFail) {
    const boxes = [];
    const byName = new Map(tiers.map((tier) => [tier.name, tier]));
    const show = () => boxes.forEach(({ box, button, node, above }) => {
      const own = failed.has(node.ref);
      box.classList.toggle('is-failed', own || above.some((ref) => failed.has(ref)));
      button.setAttribute('aria-pressed', String(own));
    });

    function domain(node, above) {
      const below = layout.membersBelow(node);
      const button = el('button', {
        type: 'button', class: 'ens-domain-name', 'data-ref': node.ref,
        title: fill(gettext('Click: what if this %(level)s fails?'), { level: level(node.level) }),
        on: { click: () => { toggle(failed, node.ref); show(); onFail(); } },
      },
      el('span', { class: 'ens-domain-label' }, node.label), ' ',
      el('span', { class: 'sr-only' }, members(below.length)),
      el('span', { class: 'ens-domain-sign' }, icon('bolt')));
      const box = el('li', { class: 'ens-domain ens-domain-' + node.level }, button,
        node.children.length
          ? el('ul', { class: 'ens-domains' }, node.children.map((child) => domain(child, [...above, node.ref])))
          : null,
        node.members.length
          ? el('ul', { class: 'ens-domain-members' }, node.members.map((member) => token(member, byName)))
          : null);
      boxes.push({ box, button, node, above });
      return box;
    }

    const whole = el('ul', { class: 'ens-domains ens-map' }, layout.tree(plan).map((root) => domain(root, [])));
    show();
    return whole;
  }

  function token(member, byName) {
    const tier = byName.get(member.tier) || { letter: '?', colour: 0 };
    const label = member.status
      ? fill(gettext('%(member)s: %(status)s'), { member: member.member, status: status(member.status) })
      : member.member;
    return el('li', { class: 'ens-member' + (member.status ? ' is-' + member.status.toLowerCase() : '') },
      badge(tier, label));
  }

  function toggle(set, item) {
    if (!set.delete(item)) { set.add(item); }
  }

  /** What the letters and colours mean. */
  function key(tiers) {
    return el('ul', { class: 'ens-key', 'aria-label': gettext('Tiers') }, tiers.map((tier) =>
      el('li', {}, badge(tier), ' ', el('span', { class: 'ens-wrap' }, tier.name), ' × ', String(tier.count))));
  }

  /** The picture as a table: one row for each member, one column for each level. */
  function table(plan) {
    const labels = new Map(plan.domains.map((domain) => [domain.ref, domain.name || domain.label]));
    const levels = levelsOf(plan);
    const rows = plan.assignments.map((assignment) => el('tr', {},
      el('th', { scope: 'row' }, assignment.member),
      levels.map((name) => el('td', {}, labels.get(assignment.domains[name]) || '–'))));
    return el('details', { class: 'ens-as-table' },
      el('summary', {}, gettext('The same as a table')),
      el('table', { class: 'table table-condensed' },
        el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, gettext('Member')),
          levels.map((name) => el('th', { scope: 'col' }, level(name))))),
        el('tbody', {}, rows)));
  }

  /** The levels of a plan, from the largest down, as the survivability lists them reversed. */
  function levelsOf(plan) {
    return plan.survivability.map((item) => item.level).reverse();
  }

  ensembles.map = { picture, key, table, levelsOf };
}());
