// SPDX-License-Identifier: Apache-2.0
/* The picture: zone, rack and host as boxes in boxes, and the members in them; it stays while plans come and go. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { el, fillIn, arrange } = ensembles.dom;
  const { domainTree, domainBox, domainMarks, pictureKeys } = ensembles;

  /**
   * Open a picture. view: {failed, opened: Sets of refs; marked: name of the tier whose possible domains are shown, or
   * null}, which this changes; act: {failed(): `failed` has changed by a click or a key}. Gives {element, show(plan,
   * tiers, moved), mark(tier name or null), paint()}.
   */
  function open(view, act) {
    const element = el('ul', { class: 'ens-domains ens-map' });
    const boxes = new Map(); // ref -> what is on the page for it
    let shown = null; // {plan, tiers: Map by name, moved: Set of members}

    /** Draw a plan; what is there already is kept, so that the focus and the eye stay where they are. */
    function show(plan, tiers, moved) {
      shown = { plan, tiers: new Map(tiers.map((tier) => [tier.name, tier])), moved: new Set(moved || []) };
      draw();
    }

    function draw() {
      const before = ensembles.motion.places(element);
      const { roots, slots } = domainTree.fold(domainTree.tree(shown.plan), view.opened);
      element.classList.toggle('is-slots', slots);
      const there = new Set();
      arrange(element, roots.map((root) => domain(root, there)));
      [...boxes.keys()].filter((ref) => !there.has(ref)).forEach((ref) => boxes.delete(ref));
      stop.keep(roots.length ? roots[0].ref : null);
      paint();
      ensembles.motion.animateMoves(element, before);
    }

    /** The box of a domain, made or brought up to date. */
    function domain(node, there) {
      there.add(node.ref);
      if (!boxes.has(node.ref)) { boxes.set(node.ref, domainBox.make(node.ref)); }
      const box = boxes.get(node.ref);
      const leaf = !node.children.length && !node.rest && !node.counted;
      box.node = node;
      fillIn(box.label, domainBox.named(node));
      box.item.className = 'ens-domain ens-domain-' + node.level + (leaf ? ' is-leaf' : '')
        + (node.members.length ? ' is-used' : '') + (node.down ? ' is-down' : '');
      fillIn(box.inside, domainBox.contents(node, shown));
      // Put in again, it would take the focus from whoever is inside.
      if (!leaf && box.below.parentNode !== box.item) { box.item.append(box.below); }
      arrange(box.below, [...node.children.map((child) => domain(child, there)),
        domainBox.rest(node, node.room || shown.plan.totals), domainBox.closer(node)].filter(Boolean));
      return box.item;
    }

    /** Bring marks up to date: failed or not, possible or not. */
    function paint() {
      element.className = element.className.replace(/ ens-tier-\d/, '');
      const tier = shown && shown.tiers.get(view.marked);
      if (tier) { element.classList.add('ens-tier-' + tier.colour); }
      element.classList.toggle('is-marked', Boolean(tier));
      const dims = Boolean(tier || element.querySelector('.is-other'));
      for (const box of boxes.values()) {
        const own = view.failed.has(box.node.ref);
        domainMarks.mark(box, { own, lost: own || above(box.node).some((ref) => view.failed.has(ref)), tier });
        if (dims) { domainMarks.dim(box.inside, tier); }
      }
    }

    function above(node) {
      const found = [];
      for (let ref = node.parent; boxes.has(ref); ref = boxes.get(ref).node.parent) { found.push(ref); }
      return found;
    }

    function toggle(ref) {
      if (!view.failed.delete(ref)) { view.failed.add(ref); }
      paint();
      act.failed();
    }

    function unfold(ref) {
      if (!view.opened.delete(ref)) { view.opened.add(ref); }
      draw();
      boxes.get(ref).button.focus();
    }

    function resetFailed() {
      if (!view.failed.size) { return false; }
      view.failed.clear();
      paint();
      act.failed();
      return true;
    }

    element.addEventListener('click', ({ target }) => {
      const fold = target.closest('[data-open]');
      if (fold) { unfold(fold.dataset.open); return; }
      const item = target.closest('.ens-domain');
      const button = item && item.querySelector('.ens-domain-name');
      if (button) { stop.reach(button.dataset.ref); toggle(button.dataset.ref); }
    });
    const stop = pictureKeys.open(element, (ref) => boxes.get(ref)?.button, resetFailed);

    return { element, show, paint, mark: (tier) => { view.marked = tier; paint(); } };
  }

  /** A picture of one plan, for what draws it once: the element. failed: Set of refs; onFail(): it has changed. */
  function picture(plan, tiers, failed, onFail) {
    const whole = open({ failed, opened: new Set(), marked: null }, { failed: onFail });
    whole.show(plan, tiers);
    return whole.element;
  }

  ensembles.map = { open, picture };
}());
