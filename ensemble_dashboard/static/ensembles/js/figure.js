// SPDX-License-Identifier: Apache-2.0
/* The picture as a file of its own: an SVG with its colours and words in it, made from the plan alone. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, ngettext, fill, list, domains } = ensembles.words;
  const { layout } = ensembles;

  const WIDE = 1000; // of the whole, in pixels
  const GAP = 10;
  const LINE = 26; // a host with its name
  const CELL = 18; // a host without members, where there are many
  const DOT = 20; // a member
  const LETTER = 6.3; // mean width of a small letter

  /** Text as XML takes it: what may not be in a file of it is left out. */
  function safe(text) {
    return [...String(text)].filter((sign) => /[\t\n\r\u0020-\ud7ff\ue000-\ufffd]|[^\u0000-\uffff]/u.test(sign)).join('')
      .replace(/[&<>"]/g, (sign) => '&#' + sign.charCodeAt(0) + ';');
  }

  function short(text, width) {
    const most = Math.max(1, Math.floor(width / LETTER));
    const signs = [...text];
    return signs.length > most ? signs.slice(0, most - 1).join('') + '…' : text;
  }

  /**
   * Draw. of: {plan, legend, failed: Set of refs, name of the ensemble, at: when it was planned}; colours: {ground,
   * text, quiet, line, soft, softer, bad, tiers: [one for each entry of the legend]}. Gives {svg: text, width, height}.
   */
  function draw({ plan, legend, failed, name, at }, colours) {
    const { roots, slots } = layout.fold(layout.tree(plan), new Set());
    const tiers = new Map(legend.map((tier, index) => [tier.name, { ...tier, fill: colours.tiers[index] }]));
    const out = [];
    const put = (text) => out.push(text);
    const box = (x, y, w, h, look) => put(`<rect x="${x}" y="${y}" width="${w}" height="${h}" ${look}/>`);
    const words = (x, y, text, look = '') => put(`<text x="${x}" y="${y}" ${look}>${safe(text)}</text>`);
    const stroke = (lost) => (lost ? `stroke="${colours.bad}" stroke-dasharray="4 3"` : `stroke="${colours.line}"`);

    function dot(x, y, tier, title) {
      put(`<g><title>${safe(title)}</title><circle cx="${x + DOT / 2}" cy="${y + DOT / 2}" r="${DOT / 2 - 1}" ` +
        `fill="${tier.fill}"/><text x="${x + DOT / 2}" y="${y + DOT / 2 + 4}" text-anchor="middle" fill="#fff" ` +
        `font-size="11" font-weight="700">${safe(tier.letter)}</text></g>`);
    }

    /** How high a node is at this width; with `at` it is drawn there. */
    function node(one, width, at, lost) {
      const gone = lost || failed.has(one.ref);
      return one.children.length || one.rest || one.counted ? group(one, width, at, gone) : host(one, width, at, gone);
    }

    function host(one, width, at, lost) {
      const free = width - 12 - (one.held ? 22 : 0);
      const beside = Math.floor(free / DOT) - 3;
      const rows = Math.max(1, Math.ceil(one.members.length / Math.max(1, Math.floor(free / DOT))));
      const below = one.members.length > beside;
      const high = LINE + (below ? rows * DOT : 0);
      if (!at) { return high; }
      const used = one.members.length > 0;
      const can = one.eligible === null || one.eligible.length > 0;
      put(`<g${lost ? ' opacity=".55"' : ''}><title>${safe(one.label)}</title>`);
      box(at.x, at.y, width, high, `rx="5" fill="${used || can ? colours.ground : colours.softer}" ${stroke(lost)}` +
        (used || can || lost ? '' : ' stroke-dasharray="2 2"'));
      const room = below ? free : free - one.members.length * DOT;
      words(at.x + 6, at.y + 17, short(one.label, room), `fill="${used ? colours.text : colours.quiet}" font-size="11"` +
        (lost ? ' text-decoration="line-through"' : ''));
      one.members.forEach((member, index) => {
        const place = below
          ? { x: at.x + 5 + (index * DOT) % (Math.max(1, Math.floor(free / DOT)) * DOT),
            y: at.y + LINE - 4 + DOT * Math.floor(index / Math.max(1, Math.floor(free / DOT))) }
          : { x: at.x + width - 5 - (one.held ? 22 : 0) - (one.members.length - index) * DOT, y: at.y + 3 };
        dot(place.x, place.y, tiers.get(member.tier), member.member);
      });
      if (!used && one.eligible && can) {
        put(`<circle cx="${at.x + width - 14 - (one.held ? 22 : 0)}" cy="${at.y + 13}" r="4" fill="none" stroke="${colours.quiet}"/>`);
      }
      if (one.held) {
        box(at.x + width - 24, at.y + 5, 18, 16, `rx="3" fill="${colours.soft}" stroke="${colours.quiet}"`);
        words(at.x + width - 15, at.y + 17, one.held, `text-anchor="middle" fill="${colours.quiet}" font-size="11"`);
      }
      put('</g>');
      return high;
    }

    function group(one, width, at, lost) {
      const zone = one.level !== 'rack';
      const inner = width - 2 * GAP;
      if (at) { put(`<g><title>${safe(one.label)}</title>`); }
      const mark = out.length;
      if (at) {
        words(at.x + GAP, at.y + 19, short(one.label, inner), `fill="${colours.text}" font-weight="700" ` +
          `font-size="${zone ? 14 : 12}"` + (lost ? ' text-decoration="line-through"' : ''));
      }
      let y = 28;
      if (one.counted) {
        one.tiers.forEach(([tier, count]) => {
          if (at) {
            dot(at.x + GAP, at.y + y, tiers.get(tier), tier);
            words(at.x + GAP + DOT + 5, at.y + y + 15, '× ' + count, `fill="${colours.text}" font-size="12"`);
          }
          y += DOT + 2;
        });
      }
      y += inside(one, inner, at && { x: at.x + GAP, y: at.y + y }, lost);
      if (one.rest) {
        if (at) { words(at.x + GAP, at.y + y + 13, short(rest(one.rest), inner), `fill="${colours.quiet}" font-size="11"`); }
        y += 22;
      }
      y += GAP - 4;
      if (at) {
        out.splice(mark, 0, `<rect x="${at.x}" y="${at.y}" width="${width}" height="${y}" rx="8" ` +
          `fill="${zone ? colours.soft : colours.softer}" ${stroke(lost)}/>`);
        put('</g>');
      }
      return y;
    }

    function rest(left) {
      return fill(gettext('and %(domains)s, %(count)s possible'),
        { domains: domains(left.level, left.domains), count: domains('host', left.possible) });
    }

    /** What is in a group: hosts one below the other, small ones side by side, racks in columns. */
    function inside(one, width, at, lost) {
      const leaves = one.children.every((child) => !child.children.length && !child.rest && !child.counted);
      if (!leaves || slots) { return columns(one.children, width, leaves ? width : 150, at, lost); }
      const used = one.children.filter((child) => child.members.length);
      const high = columns(used, width, width, at, lost);
      const many = Math.max(1, Math.floor(width / CELL));
      const idle = one.children.filter((child) => !child.members.length);
      if (at) {
        idle.forEach((child, index) => {
          const can = child.eligible === null || child.eligible.length > 0;
          const gone = lost || failed.has(child.ref);
          put(`<g><title>${safe(child.label)}</title>`);
          box(at.x + (index % many) * CELL, at.y + high + CELL * Math.floor(index / many), CELL - 4, CELL - 4,
            `rx="3" fill="${can ? colours.ground : colours.line}" ${stroke(gone)}`);
          put('</g>');
        });
      }
      return high + Math.ceil(idle.length / many) * CELL;
    }

    function columns(all, width, least, at, lost) {
      if (!all.length) { return 0; }
      const number = Math.max(1, Math.min(all.length, Math.floor((width + GAP) / (least + GAP))));
      const wide = (width - (number - 1) * GAP) / number;
      let y = 0;
      for (let first = 0; first < all.length; first += number) {
        const row = all.slice(first, first + number);
        const gap = least === width ? 4 : GAP;
        row.forEach((child, index) => { if (at) { node(child, wide, { x: at.x + index * (wide + GAP), y: at.y + y }, lost); } });
        y += Math.max(...row.map((child) => node(child, wide, null, lost))) + gap;
      }
      return y;
    }

    const title = name || gettext('Ensemble');
    words(20, 36, short(title, WIDE), `fill="${colours.text}" font-size="20" font-weight="700"`);
    let x = 20;
    let y = 54;
    for (const tier of tiers.values()) {
      const text = short(tier.name, 240) + ' × ' + tier.count;
      const wide = DOT + 24 + text.length * 7.2;
      if (x + wide > WIDE) { x = 20; y += DOT + 4; }
      dot(x, y, tier, tier.name);
      words(x + DOT + 5, y + 15, text, `fill="${colours.text}" font-size="13"`);
      x += wide;
    }
    y += DOT + 14;
    y += columns(roots, WIDE - 40, 300, { x: 20, y }, false);
    const lines = footer(plan, legend, failed, at);
    lines.forEach((line, index) => words(20, y + 16 + 18 * index, short(line, WIDE * 1.05), `fill="${colours.quiet}" font-size="12"`));
    const height = Math.ceil(y + 18 * lines.length + 20);
    return {
      width: WIDE, height,
      svg: `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="${WIDE}" height="${height}" ` +
        `viewBox="0 0 ${WIDE} ${height}" role="img" aria-labelledby="title description" font-family="Helvetica, Arial, sans-serif">\n` +
        `<title id="title">${safe(title)}</title>\n<desc id="description">${safe(lines.join(' '))}</desc>\n` +
        `<rect width="100%" height="100%" fill="${colours.ground}"/>\n${out.join('\n')}\n</svg>\n`,
    };
  }

  /** What the picture says in words, below it. */
  function footer(plan, legend, failed, at) {
    const chosen = plan.domains.filter((domain) => failed.has(domain.ref)).map((domain) => domain.name || domain.label);
    const left = layout.survivors(plan, legend, failed).map((one) =>
      fill(gettext('%(tier)s: %(left)s of %(count)s'), one));
    return [
      ensembles.words.survives(layout.survives(plan.survivability)),
      chosen.length ? fill(ngettext('If %(domains)s fails, this is left: %(left)s.',
        'If %(domains)s fail, this is left: %(left)s.', chosen.length), { domains: list(chosen), left: left.join(', ') }) : null,
      at ? fill(gettext('As of %(time)s; nothing is reserved.'), { time: at }) : null,
    ].filter(Boolean);
  }

  ensembles.figure = { draw, safe };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.figure; }
}());
