// SPDX-License-Identifier: Apache-2.0
/* The picture as a file of its own: the same picture as the page's, laid out at one width, with its key and its words. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill, list } = ensembles.words;
  const { el } = ensembles.dom;
  const { domainTree, elementSvg, map, planTable } = ensembles;
  const { svg } = elementSvg;

  /**
   * Draw. of: {plan, legend, failed: Set of refs, name of the ensemble, at: when it was planned, root: an element of the
   * page, for the colours}. Gives {svg: text, width, height}.
   */
  function draw(of) {
    const title = of.name || gettext('Ensemble');
    const lines = footer(of);
    const sheet = el('div', { class: 'ens-exported', 'aria-hidden': 'true' }, el('h3', {}, title), planTable.key(of.legend),
      map.picture(of.plan, of.legend, of.failed, () => {}), lines.map((line) => el('p', {}, line)));
    of.root.append(sheet);
    try {
      return file(sheet, title, lines);
    } finally {
      sheet.remove();
    }
  }

  function file(sheet, title, lines) {
    const { width, height } = sheet.getBoundingClientRect();
    const size = { width: Math.ceil(width), height: Math.ceil(height) };
    const whole = svg('svg', {
      role: 'img', ...size, viewBox: `0 0 ${size.width} ${size.height}`,
      'aria-labelledby': 'title description', 'font-family': getComputedStyle(sheet).fontFamily,
    });
    whole.append(svg('title', { id: 'title' }, title), svg('desc', { id: 'description' }, lines.join(' ')),
      elementSvg.draw(sheet));
    const text = new XMLSerializer().serializeToString(whole);
    return { ...size, svg: '<?xml version="1.0" encoding="UTF-8"?>\n' + text + '\n' };
  }

  /** What the picture says in words, below it. */
  function footer({ plan, legend, failed, at }) {
    const chosen = plan.domains.filter((domain) => failed.has(domain.ref)).map(ensembles.words.label);
    const left = domainTree.survivors(plan, legend, failed).map((one) =>
      fill(gettext('%(tier)s: %(left)s of %(count)s'), one));
    return [
      ensembles.words.outcomes(plan.survivability),
      chosen.length ? fill(
        ngettext('If %(domains)s fails, this is left: %(left)s.', 'If %(domains)s fail, this is left: %(left)s.',
          chosen.length),
        { domains: list(chosen), left: left.join(', ') }) : null,
      at ? fill(gettext('As of %(time)s; nothing is reserved.'), { time: at }) : null,
    ].filter(Boolean);
  }

  ensembles.pictureFile = { draw };
}());
