// SPDX-License-Identifier: Apache-2.0
/* The frame of the drawing page, as _board.html and _windows.html have it: its parts, and what its buttons do. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el, icon } = ensembles.dom;

  /**
   * Bring the frame to life, and give its parts by their names (data-part).
   * act: what the buttons do by their names (data-act), name(text), description(text), start(id of what to start from).
   */
  function build(act) {
    const each = (attribute, does) => document.querySelectorAll('.ens [data-' + attribute + ']').forEach(
      (node) => does(node, node.getAttribute('data-' + attribute)));
    const parts = {};
    each('part', (node, name) => { parts[name] = node; });
    each('icon', (node, name) => node.prepend(icon(name), ' '));
    each('act', (node, name) => node.addEventListener('click', act[name]));
    each('opens', (node, id) => node.addEventListener('click', () => document.getElementById(id).showModal()));
    each('closes', (node) => node.addEventListener('click', () => node.closest('dialog').close()));
    for (const name of ['name', 'description']) {
      parts[name].addEventListener('input', (event) => act[name](event.target.value));
    }
    document.addEventListener('click', ({ target }) => {
      // A click beside a window closes it, as people expect.
      if (target.matches('.ens-modal')) { target.close(); }
      const start = target.closest('[data-start]');
      if (!start) { return; }
      const gallery = start.closest('dialog');
      if (gallery) { gallery.close(); }
      act.start(start.dataset.start);
    });
    keepFocusVisible(document.querySelector('.ens-strip'));
    const spot = el('div');
    parts.tiers.replaceWith(spot);
    spot.replaceWith(ensembles.edges.build(parts.tiers));
    return parts;
  }

  /** What has the focus is scrolled to where the strip at the lower edge does not cover it. */
  function keepFocusVisible(strip) {
    if (!strip || !globalThis.ResizeObserver) { return; }
    new globalThis.ResizeObserver(() => {
      document.documentElement.style.scrollPaddingBottom = strip.offsetHeight + 12 + 'px';
    }).observe(strip);
  }

  /** What stands in the place of the tiers when there are none. */
  function nothing() {
    return document.getElementById('ens-nothing-drawn').content.cloneNode(true);
  }

  /** Say on the two buttons what they take back and take again; undone, redone: in words, '' for nothing. */
  function tellSteps(parts, undone, redone) {
    tellStep(parts.undo, undone, undone ? fill(gettext('Undo: %(step)s'), { step: undone }) : gettext('Undo'));
    tellStep(parts.redo, redone, redone ? fill(gettext('Redo: %(step)s'), { step: redone }) : gettext('Redo'));
  }

  function tellStep(part, step, said) {
    part.querySelector('.ens-step-words').textContent = said;
    part.title = said;
    // Not `disabled`: the focus would be lost at the last step.
    part.setAttribute('aria-disabled', String(!step));
  }

  /** The policies between tiers as sentences, for those who do not see the edges. */
  function between(page) {
    const shared = page.draft.policies.filter((policy) => policy.between);
    return shared.length ? el('div', { class: 'sr-only' },
      el('h2', {}, gettext('Between tiers')),
      el('ul', {}, shared.map((policy) => el('li', { 'data-sentence': policy.key }, page.sentence(policy))))) : null;
  }

  ensembles.frame = { build, nothing, between, tellSteps };
}());
