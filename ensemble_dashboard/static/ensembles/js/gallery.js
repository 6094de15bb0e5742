// SPDX-License-Identifier: Apache-2.0
/* The templates as cards to choose from, each with a tiny picture of its tiers on racks. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext } = ensembles.words;
  const { el } = ensembles.dom;
  const { TEMPLATES } = ensembles.templates;
  const SPACE = 'http://www.w3.org/2000/svg';

  /** The cards; choose(template) is called for the one that is clicked. */
  function cards(choose, shown = TEMPLATES) {
    return el('ul', { class: 'ens-gallery' }, shown.map((template, index) => el('li', {}, el('button', {
      type: 'button', class: 'btn btn-default', 'data-template': template.id, autofocus: index === 0,
      on: { click: () => choose(template) },
    }, picture(template.picture), el('strong', {}, template.title), el('span', {}, template.about)))));
  }

  /** What stands in the place of the tiers when there are none. */
  function invitation(choose) {
    return el('li', { class: 'ens-start' }, el('p', {}, gettext('Add a tier, or start from:')),
      cards(choose, TEMPLATES.filter((template) => template.tiers.length)));
  }

  function picture(racks) {
    const svg = shape('svg', {
      class: 'ens-gallery-picture', viewBox: '0 0 96 44', 'aria-hidden': 'true', focusable: 'false',
    });
    racks.forEach((held, index) => {
      const left = 48 + 24 * (index - racks.length / 2);
      svg.append(shape('rect', { x: left + 2, y: 2, width: 20, height: 40, rx: 3 }),
        ...[...held].map((tier, row) =>
          shape('circle', { class: 'ens-tier-' + tier, cx: left + 12, cy: 10 + 12 * row, r: 4.5 })));
    });
    return svg;
  }

  function shape(tag, attributes) {
    const node = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(attributes)) { node.setAttribute(name, value); }
    return node;
  }

  ensembles.gallery = { cards, invitation };
}());
