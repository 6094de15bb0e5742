// SPDX-License-Identifier: Apache-2.0
/* What is marked on the box of a domain: that it fails, and whether it could hold one more. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, level, list } = ensembles.words;

  /**
   * Bring a box up to date. own, lost: whether it was chosen to fail, or fails with what is around it; tier: the one
   * whose possible domains are shown, or nothing.
   */
  function mark({ node, item, button }, { own, lost, tier }) {
    const known = node.room !== null;
    const can = known && (tier ? node.room.includes(tier.name) : node.room.length > 0);
    item.classList.toggle('is-failed', lost);
    item.classList.toggle('is-possible', known && can);
    item.classList.toggle('is-impossible', known && !can);
    button.setAttribute('aria-pressed', String(own));
    button.title = sentences(node, known, tier).join(' ');
  }

  /** Let the members of other tiers than this one stand back; without a tier, none. */
  function dim(inside, tier) {
    inside.querySelectorAll('[data-tier]').forEach((one) =>
      one.classList.toggle('is-other', Boolean(tier) && one.dataset.tier !== tier.name));
  }

  function sentences(node, known, tier) {
    const names = (node.room || []).filter((name) => !tier || name === tier.name);
    const values = { domain: node.label, tiers: list(names), tier: tier && tier.name };
    const could = tier ? gettext('%(domain)s can hold no member more of %(tier)s.')
      : gettext('%(domain)s can hold nothing more of this drawing.');
    return [
      node.down ? fill(gettext('%(domain)s is down.'), values) : null,
      known ? fill(names.length ? gettext('%(domain)s could hold one more of %(tiers)s.') : could, values) : null,
      node.held ? ensembles.domainBox.others(node.held) + '.' : null,
      fill(gettext('Click: what if this %(level)s fails?'), { level: level(node.level) }),
    ].filter(Boolean);
  }

  ensembles.domainMarks = { mark, dim };
}());
