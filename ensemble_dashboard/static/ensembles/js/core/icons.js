// SPDX-License-Identifier: Apache-2.0
/* Small drawn signs: the themes have different icon fonts, and these look the same in all of them. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  const CIRCLE = 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13z';
  // Lines on a square of 16 by 16.
  const LINES = {
    bad: CIRCLE + 'M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8',
    bolt: 'M9.5 1.5L3.5 9H8l-1.5 5.5 6-7.5H8z',
    check: 'M3 8.5l3.5 3.5L13 4.5',
    copy: 'M6 6h7.5v7.5H6zM10 6V2.5H2.5V10H6',
    download: 'M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11',
    good: CIRCLE + 'M4.8 8.2l2.3 2.3 4.2-4.6',
    hint: 'M6 11.5h4M6.5 14h3M5.8 9.8C4.5 9 4 7.8 4 6.5a4 4 0 0 1 8 0c0 1.3-.5 2.5-1.8 3.3z',
    key: 'M1.5 4h13v8h-13zM4 6.5h.5M7 6.5h.5M10 6.5h.5M5 9.5h6',
    link: 'M4 2a2 2 0 1 0 0 4a2 2 0 1 0 0-4zM12 10a2 2 0 1 0 0 4a2 2 0 1 0 0-4zM4 6v3a3 3 0 0 0 3 3h3',
    less: 'M3 8h10',
    more: 'M8 3v10M3 8h10',
    pencil: 'M2.5 13.5l.8-3.3 7-7 2.5 2.5-7 7zM9 4.5L11.5 7',
    redo: 'M10 3l3.5 3.5L10 10M13.5 6.5H6a3.5 3.5 0 0 0 0 7h3.5',
    remove: 'M4 4l8 8M12 4l-8 8',
    template: 'M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z',
    trash: 'M2.5 4.5h11M6.5 4.5V2.5h3v2M4 4.5l.7 9h6.6l.7-9M6.8 7v4M9.2 7v4',
    undo: 'M6 3L2.5 6.5 6 10M2.5 6.5H10a3.5 3.5 0 0 1 0 7H6.5',
    upload: 'M8 10.5V2M4.5 5.5L8 2l3.5 3.5M2.5 13.5h11',
    wait: 'M4 2h8M4 14h8M5.5 2v3L8 8l2.5-3V2M5.5 14v-3L8 8l2.5 3v3',
    up: 'M8 13.5V3M3.8 7.2L8 3l4.2 4.2',
    warn: CIRCLE + 'M8 4.5V9M8 11v.5',
  };

  /** A sign by its name; screen readers skip it. */
  function icon(name) {
    const space = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(space, 'svg');
    svg.setAttribute('viewBox', '0 0 16 16');
    svg.setAttribute('class', 'ens-icon ens-icon-' + name);
    svg.setAttribute('aria-hidden', 'true');
    svg.setAttribute('focusable', 'false');
    const lines = document.createElementNS(space, 'path');
    lines.setAttribute('d', LINES[name]);
    svg.append(lines);
    return svg;
  }

  ensembles.icons = { icon, LINES };
}());
