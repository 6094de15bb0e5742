// SPDX-License-Identifier: Apache-2.0
'use strict';
/* What a page loads of our script, minified: the weight that people wait for. */
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { minify } = require('terser');

const DASHBOARD = path.join(__dirname, '..', '..', 'ensemble_dashboard');
const MOST = 72 * 1024; // bytes; each kind of policy is on both large pages, and each small module has an envelope
// The drawing again, with what runs in it; and what runs, with what fails and is repaired under it.
const MOST_OF = { 'ensembles/change.html': 79 * 1024, 'ensembles/detail.html': 77 * 1024,
  'ensembles/template_draw.html': 94 * 1024 };

const JS = path.join(DASHBOARD, 'static', 'ensembles', 'js');
const LOAD_ORDER = require(path.join(JS, 'load_order.json'));
const LATER = /<template id="ens-lazy-.*?<\/template>/gs;
const WANTED = new RegExp([
  /\{% (?:include|extends) ['"]((?:admin_)?ensembles\/[\w.]+)['"]/,
  /\{% scripts ([^%]+) %\}/,
].map((one) => one.source).join('|'), 'g');

/**
 * The scripts of a template and of all that it extends or includes, in their order; or, when later is true, those that
 * are fetched when they are first wanted.
 */
function scripts(template, later) {
  const whole = fs.readFileSync(path.join(DASHBOARD, 'templates', template), 'utf8');
  const lazy = (whole.match(LATER) || []).join('');
  const found = [];
  for (const [, other, groups] of whole.replace(LATER, '').matchAll(WANTED)) {
    if (other) { found.push(...scripts(other, later)); } else if (!later) { found.push(...grouped(groups)); }
  }
  for (const [, , groups] of later ? lazy.matchAll(WANTED) : []) { found.push(...grouped(groups)); }
  return found;
}

/** The scripts of groups of the load order, as a template names them: "picture" "details". */
function grouped(names) {
  return JSON.parse('[' + names.trim().replaceAll(' ', ',') + ']').flatMap((name) => LOAD_ORDER[name]);
}

async function minified(names) {
  const read = (name) => fs.readFileSync(path.join(JS, name + '.js'), 'utf8');
  const code = Object.fromEntries(names.map((name) => [name, read(name)]));
  return names.length ? Buffer.byteLength((await minify(code)).code) : 0;
}

const PAGES = fs.readdirSync(path.join(DASHBOARD, 'templates'), { recursive: true })
  .filter((name) => name.endsWith('.html') && !path.basename(name).startsWith('_'));

for (const page of PAGES) {
  test('the script of a page is small: ' + page, async (t) => {
    const names = scripts(page);
    const later = scripts(page, true);
    const size = await minified(names);
    t.diagnostic(`${page}: ${names.length} scripts, ${size} bytes minified; ` +
      `when wanted ${later.length} more, ${await minified(later)} bytes`);
    assert.deepEqual(names.filter((name) => later.includes(name)), [], 'loaded at once and later');
    assert.equal(new Set(names).size, names.length, 'a script is loaded twice');
    const most = MOST_OF[page] || MOST;
    assert.ok(size <= most, `${size} bytes are more than ${most}`);
  });
}

test('the drawing page is one of those that were measured', () => {
  assert.ok(scripts('ensembles/draw.html').includes('draw/draw'));
  assert.ok(scripts('ensembles/draw.html').includes('core/words'));
});

test('each script is in the load order once, and each group on a page', () => {
  const there = fs.readdirSync(JS, { recursive: true }).filter((name) => name.endsWith('.js'))
    .map((name) => name.replace(/\.js$/, ''));
  assert.deepEqual(Object.values(LOAD_ORDER).flat().sort(), there.sort());
  const used = new Set(PAGES.flatMap((page) => [...scripts(page), ...scripts(page, true)]));
  assert.deepEqual(there.filter((name) => !used.has(name)), []);
});
