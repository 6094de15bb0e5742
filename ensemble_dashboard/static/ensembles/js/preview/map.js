// SPDX-License-Identifier: Apache-2.0
/* The picture: zone, rack and host as boxes in boxes, and the members in them; it stays while plans come and go. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill, level, members, domains, status, list } = ensembles.words;
  const { el, fillIn, icon, badge } = ensembles.dom;
  const { domainTree } = ensembles;

  /**
   * Open a picture. act: {failed(): `failed` has changed by a click or a key}; failed: Set of refs, which this
   * changes. Gives {element, show(plan, tiers, moved), mark(tier name or null), paint()}.
   */
  function open(failed, act) {
    const element = el('ul', { class: 'ens-domains ens-map' });
    const boxes = new Map(); // ref -> what is on the page for it
    const opened = new Set(); // refs that somebody opened
    let shown = null; // {plan, tiers: Map by name, moved: Set of members}
    let marked = null; // the tier whose possible domains are shown
    let stop = null; // the ref of the one button that the Tab key reaches

    /** Draw a plan; what is there already is kept, so that the focus and the eye stay where they are. */
    function show(plan, tiers, moved) {
      shown = { plan, tiers: new Map(tiers.map((tier) => [tier.name, tier])), moved: new Set(moved || []) };
      draw();
    }

    function draw() {
      const before = ensembles.motion.places(element);
      const { roots, slots } = domainTree.fold(domainTree.tree(shown.plan), opened);
      element.classList.toggle('is-slots', slots);
      const there = new Set();
      arrange(element, roots.map((root) => domain(root, there)));
      [...boxes.keys()].filter((ref) => !there.has(ref)).forEach((ref) => boxes.delete(ref));
      if (!boxes.has(stop)) { reach(roots.length ? roots[0].ref : null); }
      paint();
      ensembles.motion.glide(element, before);
    }

    /** The box of a domain, made or brought up to date. */
    function domain(node, there) {
      there.add(node.ref);
      const box = boxes.get(node.ref) || make(node);
      const leaf = !node.children.length && !node.rest && !node.counted;
      box.node = node;
      box.label.textContent = node.label;
      box.item.className = 'ens-domain ens-domain-' + node.level + (leaf ? ' is-leaf' : '')
        + (node.members.length ? ' is-used' : '');
      fillIn(box.inside, contents(node));
      // Put in again, it would take the focus from whoever is inside.
      if (!leaf && box.below.parentNode !== box.item) { box.item.append(box.below); }
      arrange(box.below, [...node.children.map((child) => domain(child, there)), rest(node), closer(node)].filter(Boolean));
      return box.item;
    }

    function make(node) {
      const label = el('span', { class: 'ens-domain-label' });
      const inside = el('span', { class: 'ens-domain-members' });
      const button = el('button', { type: 'button', class: 'ens-domain-name', 'data-ref': node.ref, tabindex: -1 },
        label, inside, el('span', { class: 'ens-domain-sign' }, icon('bolt')));
      const box = { label, inside, button, item: el('li', {}, button), below: el('ul', { class: 'ens-domains' }) };
      boxes.set(node.ref, box);
      return box;
    }

    /** What stands beside a domain's label: its members, or how many there are, and those of other ensembles. */
    function contents(node) {
      const tokens = node.members.map((member) => token(member, shown));
      const sum = node.members.length || node.level === 'host' ? null
        : el('span', { class: 'sr-only' }, members(node.below.length));
      return [tokens, sum, node.tiers.map(([name, count]) => counter(shown.tiers.get(name), count)),
        node.held && node.level === 'host'
          ? el('span', { class: 'ens-held', 'aria-hidden': 'true' }, String(node.held)) : null];
    }

    /** The button for what is not drawn. */
    function rest(node) {
      if (!node.rest) { return null; }
      const { possible, held, hosts } = node.rest;
      const told = node.room || shown.plan.totals;
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

    function closer(node) {
      return node.opened ? el('li', { class: 'ens-rest' }, el('button', {
        type: 'button', class: 'ens-rest-open', 'data-open': node.ref, tabindex: -1,
      }, icon('less'), ' ', gettext('Show less'))) : null;
    }

    // --- What fails, and what could be placed where. ---

    /** Bring marks up to date: failed or not, possible or not. */
    function paint() {
      element.className = element.className.replace(/ ens-tier-\d/, '');
      const tier = shown && shown.tiers.get(marked);
      if (tier) { element.classList.add('ens-tier-' + tier.colour); }
      element.classList.toggle('is-marked', Boolean(tier));
      const dims = Boolean(tier || element.querySelector('.is-other'));
      for (const box of boxes.values()) { mend(box, tier, dims); }
    }

    function mend(box, tier, dims) {
      const { node, item, button } = box;
      const own = failed.has(node.ref);
      const lost = own || above(node).some((ref) => failed.has(ref));
      const known = node.room !== null;
      const can = known && (tier ? node.room.includes(tier.name) : node.room.length > 0);
      item.classList.toggle('is-failed', lost);
      item.classList.toggle('is-possible', known && can);
      item.classList.toggle('is-impossible', known && !can);
      button.setAttribute('aria-pressed', String(own));
      button.title = sentences(node, known, tier).join(' ');
      if (dims) {
        box.inside.querySelectorAll('[data-tier]').forEach((one) =>
          one.classList.toggle('is-other', Boolean(tier) && one.dataset.tier !== tier.name));
      }
    }

    function above(node) {
      const found = [];
      for (let ref = node.parent; boxes.has(ref); ref = boxes.get(ref).node.parent) { found.push(ref); }
      return found;
    }

    function sentences(node, known, tier) {
      const names = (node.room || []).filter((name) => !tier || name === tier.name);
      const values = { domain: node.label, tiers: list(names), tier: tier && tier.name };
      const could = tier ? gettext('%(domain)s can hold no member more of %(tier)s.')
        : gettext('%(domain)s can hold nothing more of this drawing.');
      return [
        known ? fill(names.length ? gettext('%(domain)s could hold one more of %(tiers)s.') : could, values) : null,
        node.held ? others(node.held) + '.' : null,
        fill(gettext('Click: what if this %(level)s fails?'), { level: level(node.level) }),
      ].filter(Boolean);
    }

    function toggle(ref) {
      if (!failed.delete(ref)) { failed.add(ref); }
      paint();
      act.failed();
    }

    function unfold(ref) {
      if (!opened.delete(ref)) { opened.add(ref); }
      draw();
      boxes.get(ref).button.focus();
    }

    element.addEventListener('click', ({ target }) => {
      const fold = target.closest('[data-open]');
      if (fold) { unfold(fold.dataset.open); return; }
      const item = target.closest('.ens-domain');
      const button = item && item.querySelector('.ens-domain-name');
      if (button) { reach(button.dataset.ref); toggle(button.dataset.ref); }
    });

    // --- The keys: one stop for Tab, arrows inside. ---

    function reach(ref) {
      const at = (place, index) => { if (boxes.has(place)) { boxes.get(place).button.tabIndex = index; } };
      at(stop, -1);
      stop = ref;
      at(stop, 0);
    }

    element.addEventListener('focusin', ({ target }) => { if (target.dataset.ref) { reach(target.dataset.ref); } });
    element.addEventListener('keydown', (event) => {
      const next = ensembles.pictureKeys.next(element, event);
      if (next) {
        event.preventDefault();
        next.focus();
      } else if (event.key === 'Escape' && failed.size) {
        event.stopPropagation();
        failed.clear();
        paint();
        act.failed();
      }
    });

    return { element, show, paint, mark: (tier) => { marked = tier; paint(); } };
  }

  /** Put these children into the node, and move only those that are elsewhere. */
  function arrange(node, children) {
    children.forEach((child, index) => {
      if (node.children[index] !== child) { node.insertBefore(child, node.children[index] || null); }
    });
    while (node.children.length > children.length) { node.lastElementChild.remove(); }
  }

  function token(member, { tiers, moved }) {
    const tier = tiers.get(member.tier) || { letter: '?', colour: 0 };
    const label = member.status
      ? fill(gettext('%(member)s: %(status)s'), { member: member.member, status: status(member.status) })
      : member.member;
    return el('span', {
      class: 'ens-member' + (member.status ? ' is-' + member.status.toLowerCase() : '')
        + (moved.has(member.member) ? ' is-moved' : ''), 'data-tier': member.tier, 'data-member': member.member,
    }, badge(tier, moved.has(member.member)
      ? fill(gettext('%(member)s: elsewhere than before'), { member: label }) : label));
  }

  function counter(tier, count) {
    return el('span', { class: 'ens-counter', 'data-tier': tier && tier.name },
      tier ? badge(tier, tier.name) : null, ' × ', String(count));
  }

  function others(count) {
    return fill(ngettext('%(count)s member of your other ensembles', '%(count)s members of your other ensembles', count),
      { count });
  }

  /** A picture of one plan, for a page that draws it once: the element. See `open` for failed and onFail. */
  function picture(plan, tiers, failed, onFail) {
    const whole = open(failed, { failed: onFail });
    whole.show(plan, tiers);
    return whole.element;
  }

  ensembles.map = { open, picture, others };
}());
