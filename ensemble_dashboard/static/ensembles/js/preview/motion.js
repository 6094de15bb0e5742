// SPDX-License-Identifier: Apache-2.0
/* Lets members animateMoves to their new places, and nothing else; members of a tier are alike. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const LASTS = 260; // ms
  const MOST = 150; // members; more of them would be a flicker, and cost time

  function wantsNoMotion() {
    return !globalThis.matchMedia || globalThis.matchMedia('(prefers-reduced-motion: reduce)').matches;
  }

  /** Where each member stands now: [{tier, host, x, y}], or null where nothing shall move. */
  function places(element) {
    const tokens = [...element.querySelectorAll('[data-member]')];
    if (!tokens.length || tokens.length > MOST || wantsNoMotion()) { return null; }
    return tokens.map(place);
  }

  function place(node) {
    const { left, top } = node.getBoundingClientRect();
    return { node, tier: node.dataset.tier, host: node.closest('button').dataset.ref, x: left, y: top };
  }

  /** Move the members from where some of their tier were: the same host first, else any that is free. */
  function animateMoves(element, before) {
    const now = before && places(element);
    if (!now) { return; }
    for (const [one, from] of pairs(before, now)) {
      if (from && (from.x !== one.x || from.y !== one.y)) {
        one.node.animate([{ transform: `translate(${from.x - one.x}px, ${from.y - one.y}px)` }, { transform: 'none' }],
          { duration: LASTS, easing: 'ease-out' });
      } else if (!from) {
        one.node.animate([{ transform: 'scale(.3)', opacity: 0 }, { transform: 'none', opacity: 1 }],
          { duration: LASTS, easing: 'ease-out' });
      }
    }
  }

  /** [[place now, place before or null]]. */
  function pairs(before, now) {
    const free = [...before];
    const take = (fits) => {
      const at = free.findIndex(fits);
      return at < 0 ? null : free.splice(at, 1)[0];
    };
    const stay = new Map(now.map((one) => [one, take((old) => old.tier === one.tier && old.host === one.host)]));
    return now.map((one) => [one, stay.get(one) || take((old) => old.tier === one.tier)]);
  }

  ensembles.motion = { places, animateMoves, pairs };
}());
