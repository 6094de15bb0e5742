// SPDX-License-Identifier: Apache-2.0
/* An element of the page as SVG: its boxes, texts and signs, where the browser has laid them out. */
(function () {
  'use strict';
  const NS = 'http://www.w3.org/2000/svg';
  const CUT = '…';

  /** Text as XML takes it: what may not be in a file of it is left out. */
  function safe(text) {
    return [...String(text)].filter((sign) => allowed(sign.codePointAt(0))).join('');
  }

  function allowed(code) {
    return code === 9 || code === 10 || code === 13 || (code >= 0x20 && code < 0xd800) || (code > 0xdfff && code < 0xfffe)
      || code > 0xffff;
  }

  function svg(tag, attributes, text) {
    const node = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) {
      node.setAttribute(name, typeof value === 'number' ? Math.round(value * 100) / 100 : value);
    }
    if (text !== undefined) { node.textContent = safe(text); }
    return node;
  }

  /** Draw the element, and all in it, as a group that begins at the element's corner. */
  function draw(element) {
    const { left, top } = element.getBoundingClientRect();
    return group(element, { left, top }) || svg('g', {});
  }

  function group(element, origin) {
    const style = getComputedStyle(element);
    const rect = element.getBoundingClientRect();
    if (style.visibility === 'hidden' || style.opacity === '0' || rect.width <= 1 || rect.height <= 1) { return null; }
    const at = { x: rect.left - origin.left, y: rect.top - origin.top, width: rect.width, height: rect.height };
    const drawn = svg('g', style.opacity === '1' ? {} : { opacity: style.opacity });
    if (element.localName === 'svg') {
      drawn.append(lineSign(element, style, at));
      return drawn;
    }
    const label = element.getAttribute('aria-label');
    if (label) { drawn.append(svg('title', {}, label)); }
    const around = box(style, at);
    if (around) { drawn.append(around); }
    for (const child of element.childNodes) {
      drawn.append(...(child.nodeType === Node.TEXT_NODE ? lines(child, element, style, origin)
        : [group(child, origin)].filter(Boolean)));
    }
    return drawn;
  }

  /** The background and the border, or nothing. */
  function box(style, { x, y, width, height }) {
    const border = style.borderTopStyle === 'none' ? 0 : parseFloat(style.borderTopWidth);
    const filled = seen(style.backgroundColor);
    if (!filled && !border) { return null; }
    const radius = style.borderTopLeftRadius.endsWith('%') ? width / 2 : parseFloat(style.borderTopLeftRadius);
    return svg('rect', {
      x: x + border / 2, y: y + border / 2, width: width - border, height: height - border,
      rx: Math.min(radius, width / 2, height / 2), fill: filled ? style.backgroundColor : 'none',
      ...(border ? { stroke: style.borderTopColor, 'stroke-width': border } : {}),
      ...(border && style.borderTopStyle === 'dashed' ? { 'stroke-dasharray': '4 3' } : {}),
    });
  }

  function seen(colour) {
    return !/^rgba\(.*, 0\)$|^transparent$/.test(colour);
  }

  /** One of the small signs, which are drawn by lines on a square. */
  function lineSign(element, style, { x, y, width }) {
    const drawn = svg('g', { transform: `translate(${x} ${y}) scale(${width / element.viewBox.baseVal.width})` });
    for (const path of element.querySelectorAll('path')) {
      const { fill, stroke, strokeWidth } = getComputedStyle(path);
      drawn.append(svg('path', { d: path.getAttribute('d'), fill, stroke, 'stroke-width': parseFloat(strokeWidth) }));
    }
    return drawn;
  }

  /** The lines of a text as the browser has broken them, and cut where the element cuts them. */
  function lines(node, element, style, origin) {
    const end = style.textOverflow === 'ellipsis' && element.scrollWidth > element.clientWidth
      ? element.getBoundingClientRect().right : Infinity;
    const through = style.textDecorationLine === 'none' ? {} : { 'text-decoration': style.textDecorationLine };
    return broken(node, end - parseFloat(style.fontSize)).map(({ text, left, right, top, bottom }) => svg('text', {
      x: left - origin.left, y: (top + bottom) / 2 - origin.top + parseFloat(style.fontSize) * .35, fill: style.color,
      'font-size': parseFloat(style.fontSize), 'font-weight': style.fontWeight, ...through,
      ...(text.length > 1 ? { textLength: right - left, lengthAdjust: 'spacingAndGlyphs' } : {}),
    }, text.trimEnd()));
  }

  /** [{text, left, right, top, bottom}] of the lines of a text; what stands behind `end` is cut. */
  function broken(node, end) {
    const found = [];
    const range = document.createRange();
    let place = 0;
    for (const letter of node.data) {
      range.setStart(node, place);
      range.setEnd(node, place += letter.length);
      const rect = range.getClientRects()[0];
      const line = found[found.length - 1];
      if (!rect || line?.cut) { continue; }
      if (line && rect.top < line.bottom) {
        add(line, letter, rect, end);
      } else if (letter.trim()) {
        found.push({ text: letter, left: rect.left, right: rect.right, top: rect.top, bottom: rect.bottom, cut: false });
      }
    }
    return found;
  }

  function add(line, letter, rect, end) {
    if (rect.right > end) {
      line.cut = true;
      line.text += CUT;
      return;
    }
    line.text += letter;
    if (!letter.trim()) { return; } // a blank at the end takes no room in SVG
    line.left = Math.min(line.left, rect.left);
    line.right = Math.max(line.right, rect.right);
  }

  globalThis.ensembles.elementSvg = { draw, safe, svg };
}());
