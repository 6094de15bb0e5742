// SPDX-License-Identifier: Apache-2.0
'use strict';
/* Loads the dashboard's classic scripts as the pages do, in a document made by jsdom. */
const path = require('node:path');
const { JSDOM } = require('jsdom');

const FOLDER = path.join(__dirname, '..', '..', 'ensemble_dashboard', 'static', 'ensembles', 'js');
const LOAD_ORDER = require(path.join(FOLDER, 'load_order.json'));
// These run a page as soon as they are loaded, or stand alone.
const PAGES = ['draw/draw', 'details/details', 'admin/spread'];
const GROUPS = [
  'shared', 'kinds', 'picture', 'draw', 'policies', 'sheet', 'text', 'outputs', 'difference', 'answer', 'details',
];

const page = new JSDOM('<!doctype html><form id="ens-draw"><input name="csrfmiddlewaretoken" value="t"></form>',
  { url: 'http://dashboard.test/' }); // a page without an address has no cookies
Object.assign(globalThis, { document: page.window.document, Node: page.window.Node });
for (const name of GROUPS.flatMap((group) => LOAD_ORDER[group]).filter((one) => !PAGES.includes(one))) {
  require(path.join(FOLDER, name + '.js'));
}

/** A draft for tests: web, cache and database, with policies of one tier and of two. */
function threeTier(choices) {
  const { model, newDraft } = globalThis.ensembles;
  const first = newDraft.firstChoices(choices);
  let draft = { ...model.empty(), name: 'shop' };
  for (const [name, count] of [['web', 3], ['cache', 2], ['db', 3]]) {
    draft = model.addTier(draft, { ...first, name, count });
  }
  const [web, cache, db] = draft.tiers.map((tier) => tier.key);
  for (const key of [web, cache]) { draft = model.addPolicy(draft, { tiers: [key] }); }
  draft = model.addPolicy(draft, { tiers: [db], level: 'rack' });
  return model.addPolicy(draft, {
    type: 'affinity', level: 'zone', enforcement: 'soft', between: true, tiers: [web, cache],
  });
}

module.exports = {
  threeTier, ensembles: globalThis.ensembles, window: page.window, document: page.window.document, FOLDER, LOAD_ORDER,
};
