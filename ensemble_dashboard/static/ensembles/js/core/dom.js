// SPDX-License-Identifier: Apache-2.0
/* Builds elements; every text becomes a text node, so no name is ever read as HTML. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  /**
   * Make an element. attributes: {class, id, ... , on: {event: handler}}; false, null and
   * undefined leave an attribute out, true sets it empty. children: nodes, texts or lists of them.
   */
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === 'on') {
        for (const [event, handler] of Object.entries(value)) { node.addEventListener(event, handler); }
      } else if (value !== false && value !== null && value !== undefined) {
        node.setAttribute(name, value === true ? '' : String(value));
      }
    }
    append(node, children);
    return node;
  }

  function append(node, children) {
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) { continue; }
      node.append(child instanceof Node ? child : document.createTextNode(visible(String(child))));
    }
  }

  /** A text in which what turns the direction of writing is shown as what it is, and so turns nothing around it. */
  function visible(text) {
    return text.replace(/[\u202a-\u202e\u2066-\u2069]/g, (sign) => '\\u' + sign.charCodeAt(0).toString(16));
  }

  /** Replace what is in the node. */
  function fillIn(node, ...children) {
    node.replaceChildren();
    append(node, children);
  }

  /** Put these children into the node, and move only those that are elsewhere. */
  function arrange(node, children) {
    children.forEach((child, index) => {
      if (node.children[index] !== child) { node.insertBefore(child, node.children[index] || null); }
    });
    while (node.children.length > children.length) { node.lastElementChild.remove(); }
  }

  /** A round badge with the tier's letter in the tier's colour. */
  function badge(tier, label) {
    return el('span', {
      class: 'ens-badge ens-tier-' + tier.colour, role: label ? 'img' : null,
      'aria-label': label || null, 'aria-hidden': label ? null : 'true', title: label || null,
    }, tier.letter);
  }

  /** A text that somebody typed, apart from what stands around it: the rest of the line keeps its own direction. */
  function typed(text) {
    return el('bdi', {}, String(text));
  }

  /**
   * The link of an error that has one: to sign in again, or back to the page's project; null for others. AngularJS would
   * keep one to the same address from loading it again, but for its target.
   */
  function errorLink({ told }) {
    return told && el('a', { class: 'btn btn-primary btn-sm ens-way', href: told.href, target: '_self' }, told.words);
  }

  /** The data the page came with. */
  function pageData() {
    return JSON.parse(document.getElementById('ens-data').textContent);
  }

  ensembles.dom = { el, fillIn, arrange, icon: ensembles.icons.icon, badge, typed, visible, pageData, errorLink };
}());
