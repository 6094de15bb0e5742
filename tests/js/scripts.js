// SPDX-License-Identifier: Apache-2.0
'use strict';
/* Loads the dashboard's classic scripts as the page does, in a document made by jsdom. */
const path = require('node:path');
const { JSDOM } = require('jsdom');

const FOLDER = path.join(__dirname, '..', '..', 'ensemble_dashboard', 'static', 'ensembles', 'js');
// In the order of the templates: each script uses only those before it.
const ORDER = [
  'words', 'icons', 'dom', 'layout', 'losses', 'motion', 'api', 'roving', 'map', 'plan_table', 'failures', 'tried',
  'server', 'model', 'document', 'history', 'steps', 'samples', 'templates', 'importer', 'source', 'shortcuts',
  'cards', 'store', 'beginning', 'problems', 'catalogue', 'quota', 'picker', 'user_data', 'metadata', 'sheet', 'pictures',
  'policy_words', 'policy_editor', 'policy_chip', 'policy_menu', 'lanes', 'edges', 'edge_drag', 'edge_paint', 'tier_card',
  'verdict', 'reasons', 'difference', 'figure', 'outputs', 'preview', 'submit', 'dry_run', 'frame',
];

const page = new JSDOM('<!doctype html><form id="ens-draw"><input name="csrfmiddlewaretoken" value="t"></form>',
  { url: 'http://dashboard.test/' }); // a page without an address has no cookies
Object.assign(globalThis, { document: page.window.document, Node: page.window.Node });
for (const name of ORDER) { require(path.join(FOLDER, name + '.js')); }

/** A draft for tests: web, cache and database, with policies of one tier and of two. */
function threeTier(choices) {
  const { model, samples } = globalThis.ensembles;
  const first = samples.firstChoices(choices);
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
  threeTier, ensembles: globalThis.ensembles, window: page.window, document: page.window.document, FOLDER,
};
