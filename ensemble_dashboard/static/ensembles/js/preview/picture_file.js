// SPDX-License-Identifier: Apache-2.0
/* The picture as a file of its own: an SVG with its colours and words in it, made from the plan alone. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill, list, domains } = ensembles.words;
  const { domainTree } = ensembles;

  const WIDE = 1000; // of the whole, in pixels
  const GAP = 10;
  const LINE = 26; // a host with its name
  const CELL = 18; // a host without members, where there are many
  const DOT = 20; // a member
  const LETTER = 6.3; // mean width of a small letter

  /** Text as XML takes it: what may not be in a file of it is left out. */
  function safe(text) {
    return [...String(text)].filter((sign) => allowed(sign.codePointAt(0))).join('')
      .replace(/[&<>"]/g, (sign) => '&#' + sign.charCodeAt(0) + ';');
  }

  function allowed(code) {
    return code === 9 || code === 10 || code === 13 || (code >= 0x20 && code < 0xd800) || (code > 0xdfff && code < 0xfffe)
      || code > 0xffff;
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
  function draw({ plan, legend, failed, name, at: time }, colours) {
    const { roots, slots } = domainTree.fold(domainTree.tree(plan), new Set());
    const tiers = new Map(legend.map((tier, index) => [tier.name, { ...tier, fill: colours.tiers[index] }]));
    const out = [];
    const put = (text) => out.push(text);
    const box = (x, y, w, h, look) => put(`<rect x="${x}" y="${y}" width="${w}" height="${h}" ${look}/>`);
    const words = (x, y, text, look = '') => put(`<text x="${x}" y="${y}" ${look}>${safe(text)}</text>`);
    const stroke = (lost, dashed) => (lost ? `stroke="${colours.bad}" stroke-dasharray="4 3"`
      : `stroke="${colours.line}"` + (dashed ? ' stroke-dasharray="2 2"' : ''));

    const struck = (lost) => (lost ? ' text-decoration="line-through"' : '');

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
      const across = Math.max(1, Math.floor(free / DOT));
      const below = one.members.length > across - 3; // else they stand beside the name
      const high = LINE + (below ? Math.ceil(one.members.length / across) * DOT : 0);
      if (!at) { return high; }
      const plain = one.used > 0 || !one.room || one.possible > 0;
      put(`<g opacity="${lost ? 0.55 : 1}"><title>${safe(one.label)}</title>`);
      box(at.x, at.y, width, high, `rx="5" fill="${plain ? colours.ground : colours.softer}" ` +
        stroke(lost, !plain));
      const ink = one.used ? colours.text : colours.quiet;
      words(at.x + 6, at.y + 17, short(one.label, below ? free : free - one.members.length * DOT),
        `fill="${ink}" font-size="11"` + struck(lost));
      const start = below ? at.x + 5 : at.x + 7 + free - one.members.length * DOT;
      one.members.forEach((member, index) => dot(start + (below ? index % across : index) * DOT,
        below ? at.y + LINE - 4 + DOT * Math.floor(index / across) : at.y + 3, tiers.get(member.tier), member.member));
      marks(one, at.x + width, at.y);
      put('</g>');
      return high;
    }

    /** The ring of a host that could hold more, and how many members of other ensembles it holds. */
    function marks(one, right, y) {
      if (!one.used && one.possible) {
        put(`<circle cx="${right - (one.held ? 36 : 14)}" cy="${y + 13}" r="4" fill="none" stroke="${colours.quiet}"/>`);
      }
      if (one.held) {
        box(right - 24, y + 5, 18, 16, `rx="3" fill="${colours.soft}" stroke="${colours.quiet}"`);
        words(right - 15, y + 17, one.held, `text-anchor="middle" fill="${colours.quiet}" font-size="11"`);
      }
    }

    function group(one, width, at, lost) {
      const zone = one.level !== 'rack';
      const inner = width - 2 * GAP;
      if (at) { put(`<g><title>${safe(one.label)}</title>`); }
      const mark = out.length;
      if (at) {
        words(at.x + GAP, at.y + 19, short(one.label, inner), `fill="${colours.text}" font-weight="700" ` +
          `font-size="${zone ? 14 : 12}"` + struck(lost));
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
      if (!leaves || slots) { return columns(one.children, width, leaves ? width : 130, at, lost); }
      const used = one.children.filter((child) => child.members.length);
      const high = columns(used, width, width, at, lost);
      const many = Math.max(1, Math.floor(width / CELL));
      const idle = one.children.filter((child) => !child.members.length);
      if (at) {
        idle.forEach((child, index) => {
          const can = child.room === null || child.room.length > 0;
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
        if (at) { row.forEach((child, index) => node(child, wide, { x: at.x + index * (wide + GAP), y: at.y + y }, lost)); }
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
    const lines = footer(plan, legend, failed, time);
    lines.forEach((line, index) =>
      words(20, y + 16 + 18 * index, short(line, WIDE), `fill="${colours.quiet}" font-size="12"`));
    const height = Math.ceil(y + 18 * lines.length + 20);
    return {
      width: WIDE, height,
      svg: '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" role="img" ' +
        `width="${WIDE}" height="${height}" viewBox="0 0 ${WIDE} ${height}" aria-labelledby="title description" ` +
        `font-family="Helvetica, Arial, sans-serif">\n<title id="title">${safe(title)}</title>\n` +
        `<desc id="description">${safe(lines.join(' '))}</desc>\n` +
        `<rect width="100%" height="100%" fill="${colours.ground}"/>\n${out.join('\n')}\n</svg>\n`,
    };
  }

  /** What the picture says in words, below it. */
  function footer(plan, legend, failed, time) {
    const chosen = plan.domains.filter((domain) => failed.has(domain.ref)).map((domain) => domain.name || domain.label);
    const left = domainTree.survivors(plan, legend, failed).map((one) =>
      fill(gettext('%(tier)s: %(left)s of %(count)s'), one));
    return [
      ensembles.words.outcomes(plan.survivability),
      chosen.length ? fill(
        ngettext('If %(domains)s fails, this is left: %(left)s.', 'If %(domains)s fail, this is left: %(left)s.',
          chosen.length),
        { domains: list(chosen), left: left.join(', ') }) : null,
      time ? fill(gettext('As of %(time)s; nothing is reserved.'), { time }) : null,
    ].filter(Boolean);
  }

  ensembles.pictureFile = { draw, safe };
}());
