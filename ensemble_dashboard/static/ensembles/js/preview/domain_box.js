// SPDX-License-Identifier: Apache-2.0
/* The box of a domain: its name, the members in it, and the button for what is not drawn. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill, members, domains, status } = ensembles.words;
  const { el, icon, badge } = ensembles.dom;

  // What a change does to a member.
  const MARKS = { added: gettext('new'), removed: gettext('goes'), released: gettext('leaves, and its server stays') };

  /** Make the elements of a domain's box: {item, button, label, inside, below}; `inside` is for contents(). */
  function make(ref) {
    const label = el('span', { class: 'ens-domain-label' });
    const inside = el('span', { class: 'ens-domain-members' });
    const button = el('button', { type: 'button', class: 'ens-domain-name', 'data-ref': ref, tabindex: -1 },
      label, inside, el('span', { class: 'ens-domain-room', 'aria-hidden': 'true' }),
      el('span', { class: 'ens-domain-sign' }, icon('bolt')));
    return { label, inside, button, item: el('li', {}, button), below: el('ul', { class: 'ens-domains' }) };
  }

  /** What a domain is called, and that it is down; the struck letters say nothing to a screen reader. */
  function named(node) {
    return [node.label, node.down ? el('span', { class: 'sr-only' }, ' ', gettext('(down)')) : null];
  }

  /**
   * What stands beside a domain's label: its members, or how many there are, and those of other ensembles. tiers: Map
   * by name of the legend; moved: Set of the members that are elsewhere than before.
   */
  function contents(node, { tiers, moved }) {
    const sum = node.members.length || node.level === 'host' ? null
      : el('span', { class: 'sr-only' }, members(node.below.length));
    return [
      node.members.map((member) => token(member, tiers.get(member.tier), moved.has(member.member))), sum,
      node.tiers.map(([name, count]) => counter(tiers.get(name), count)),
      node.held && node.level === 'host'
        ? el('span', { class: 'ens-held', 'aria-hidden': 'true' }, ensembles.formats.number(node.held)) : null,
    ];
  }

  /** How a member looks, and that in words. */
  function state(member) {
    if (member.mark) { return [member.mark, MARKS[member.mark]]; }
    if (member.status === 'ACTIVE' && member.running === false) { return ['lost', gettext('Active, but its host is down')]; }
    return [member.status?.toLowerCase(), member.status && status(member.status)];
  }

  function token(member, tier, moved) {
    const [look, said] = state(member);
    const label = said ? fill(gettext('%(member)s: %(status)s'), { member: member.member, status: said }) : member.member;
    return el('span', {
      class: 'ens-member' + (look ? ' is-' + look : '') + (moved ? ' is-moved' : ''),
      'data-tier': member.tier, 'data-member': member.member,
    }, badge(tier || { letter: '?', colour: 0 },
      moved ? fill(gettext('%(member)s: elsewhere than before'), { member: label }) : label));
  }

  function counter(tier, count) {
    return el('span', { class: 'ens-counter', 'data-tier': tier && tier.name },
      tier ? badge(tier, tier.name) : null, ' × ', ensembles.formats.number(count));
  }

  /** The button for what is not drawn of a domain; null where all is. told: whether it is known what is possible there. */
  function rest(node, told) {
    if (!node.rest) { return null; }
    const { possible, held, hosts } = node.rest;
    return el('li', { class: 'ens-rest' }, el('button', {
      type: 'button', class: 'ens-rest-open', 'data-open': node.ref, tabindex: -1,
      title: fill(gettext('Show all of %(domain)s'), { domain: node.label }),
    }, icon('more'), ' ', el('span', {}, node.used ? more(node.rest) : domains(node.rest.level, node.rest.domains)),
    told ? el('span', { class: 'ens-rest-bar' + (possible ? '' : ' is-none') }, bar(possible, hosts),
      fill(ngettext('%(count)s host possible', '%(count)s hosts possible', possible), { count: possible })) : null,
    held ? el('span', { class: 'ens-of' }, others(held)) : null));
  }

  function more(left) {
    return fill(gettext('%(domains)s more'), { domains: domains(left.level, left.domains) });
  }

  function bar(part, whole) {
    const filled = el('span', { class: 'ens-bar-filled' });
    filled.style.width = (whole ? Math.round(100 * part / whole) : 0) + '%';
    return el('span', { class: 'ens-bar', 'aria-hidden': 'true' }, filled);
  }

  /** The button that folds a domain again; null where nothing was opened. */
  function closer(node) {
    return node.opened ? el('li', { class: 'ens-rest' }, el('button', {
      type: 'button', class: 'ens-rest-open', 'data-open': node.ref, tabindex: -1,
    }, icon('less'), ' ', gettext('Show less'))) : null;
  }

  function others(count) {
    return fill(ngettext('%(count)s member of your other ensembles', '%(count)s members of your other ensembles', count),
      { count });
  }

  ensembles.domainBox = { make, named, contents, rest, closer, others };
}());
