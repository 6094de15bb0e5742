// SPDX-License-Identifier: Apache-2.0
/* Parts of a page that its server writes: brought up to date where they have changed, the focus where it was. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  /** Give the parts of a page, the elements with data-now, a way to change. Gives {put(parts): which have changed}. */
  function open(root) {
    const shown = new Map([...root.querySelectorAll('[data-now]')].map((node) => [node.dataset.now, node]));
    const last = new Map();

    /** parts: HTML by name, as the page's own server writes it. */
    function put(parts) {
      return Object.entries(parts).filter(([name, html]) => {
        const node = shown.get(name);
        // What the page came with is compared as the browser has it.
        if (!node || (last.has(name) ? last.get(name) === html : same(node, html))) { return false; }
        replace(node, html);
        return true;
      }).map(([name, html]) => {
        last.set(name, html);
        return name;
      });
    }

    return { put };
  }

  function parsed(html) {
    return new DOMParser().parseFromString(html, 'text/html').body;
  }

  function same(node, html) {
    return text(node) === text(parsed(html));
  }

  function text(node) {
    return node.textContent.replace(/\s+/g, ' ').trim();
  }

  function replace(node, html) {
    const held = node.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    const unfolded = [...node.querySelectorAll('details')].map((each) => each.open);
    node.replaceChildren(...[...parsed(html).childNodes].map((each) => document.importNode(each, true)));
    [...node.querySelectorAll('details')].forEach((each, at) => { each.open = Boolean(unfolded[at]); });
    if (held) { [...node.querySelectorAll('a, button, summary, select')].find((each) => keyOf(each) === held)?.focus(); }
  }

  function keyOf(node) {
    return node.id || node.getAttribute('href') || node.dataset.key || node.localName + node.textContent;
  }

  ensembles.liveHtml = { open };
}());
