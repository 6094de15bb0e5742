// SPDX-License-Identifier: Apache-2.0
'use strict';
/* Loads the dashboard's classic scripts as the pages do, in a document made by jsdom. */
const path = require('node:path');
const { JSDOM } = require('jsdom');

const FOLDER = path.join(__dirname, '..', '..', 'ensemble_dashboard', 'static', 'ensembles', 'js');
const LOAD_ORDER = require(path.join(FOLDER, 'load_order.json'));
// These run a page as soon as they are loaded, or stand alone.
const PAGES = ['draw/draw', 'details/details', 'adopt/adopt', 'admin/host_impact', 'admin/hosts_live', 'admin/break',
  'admin/maintain', 'template/apply'];
const GROUPS = [
  'shared', 'dialog', 'kinds', 'picture', 'current_state', 'asking', 'draw', 'create', 'change', 'draw_page', 'policies',
  'picker', 'sheet',
  'text', 'outputs', 'difference', 'change_answer', 'answer', 'place',
  'poll', 'details', 'adopt', 'fields', 'apply', 'edit_template', 'host_impact', 'maintain',
];

// As GET /os-ensembles/capabilities tells them, of a cloud with smaller ones than usual.
const LIMITS = {
  max_members: 300, max_tiers: 20, max_members_per_tier: 200, max_policies: 50, max_user_data_characters: 65535,
  max_recovery_delay: 86400, max_recovery_at_once: 100,
  max_metadata_items: 64, max_metadata_length: 255, max_body_bytes: 114688,
};

// As Django's catalog in the browser: a Map from a text to its translations, empty for English.
let catalog = new Map();
globalThis.gettext = (text) => catalog.get(text)?.[0] || text;
globalThis.ngettext = (one, many, count) => (catalog.get(one) || [one, many])[count === 1 ? 0 : 1];

/** Do something in the language of a catalog. */
function inLanguage(words, does) {
  catalog = words;
  try {
    does();
  } finally {
    catalog = new Map();
  }
}

const page = new JSDOM('<!doctype html><form id="ens-draw"><input name="csrfmiddlewaretoken" value="t"></form>'
  + `<script id="ens-data" type="application/json">${JSON.stringify({ limits: LIMITS })}</script>`,
  { url: 'http://dashboard.test/' }); // a page without an address has no cookies
Object.assign(globalThis, { document: page.window.document, Node: page.window.Node });

/** Freeze a module, and the plain objects in it: whoever patches it gets an error. */
function frozen(value) {
  if (value && [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value))) {
    Object.values(Object.freeze(value)).forEach(frozen);
  }
  return value;
}

/** Run a script; gives the modules that it adds, by name. It may not touch those that are there. */
function added(script) {
  const before = { ...globalThis.ensembles };
  script();
  const changed = Object.keys(before).filter((name) => before[name] !== globalThis.ensembles[name]);
  if (changed.length) { throw new TypeError('replaced: ' + changed); }
  return Object.keys(globalThis.ensembles).filter((name) => !Object.hasOwn(before, name))
    .map((name) => [name, frozen(globalThis.ensembles[name])]);
}

const MODULES = new Map(GROUPS.flatMap((group) => LOAD_ORDER[group]).filter((one) => !PAGES.includes(one))
  .map((name) => [name, added(() => require(path.join(FOLDER, name + '.js')))]));

globalThis.ensembles.limits.limit('max_tiers'); // read now, since tests put other things into the page

/** A draft for tests: web, cache and database, with policies of one tier and of two. */
function threeTier(choices) {
  const { drafts, draftPolicies, newDraft } = globalThis.ensembles;
  const first = newDraft.firstChoices(choices);
  let draft = { ...drafts.empty(), name: 'shop' };
  for (const [name, count] of [['web', 3], ['cache', 2], ['db', 3]]) {
    draft = drafts.addTier(draft, { ...first, name, count });
  }
  const [web, cache, db] = draft.tiers.map((tier) => tier.key);
  for (const key of [web, cache]) { draft = draftPolicies.addPolicy(draft, { tiers: [key] }); }
  draft = draftPolicies.addPolicy(draft, { tiers: [db], level: 'rack' });
  return draftPolicies.addPolicy(draft, {
    type: 'affinity', level: 'zone', enforcement: 'soft', between: true, tiers: [web, cache],
  });
}

module.exports = {
  threeTier, ensembles: globalThis.ensembles, window: page.window, document: page.window.document, FOLDER, LOAD_ORDER,
  MODULES, added, inLanguage,
};
