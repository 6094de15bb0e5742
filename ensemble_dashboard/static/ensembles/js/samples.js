// SPDX-License-Identifier: Apache-2.0
/* What a page starts with, and the example that can be loaded. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const model = ensembles.model;

  /**
   * The first values of a tier, from what the project has: the smallest flavor that holds the first
   * image, and the only network if there is one.
   */
  function firstChoices(choices) {
    const image = choices.images[0];
    const flavor = choices.flavors.find((one) => !ensembles.server.shortage(one, image)) || choices.flavors[0];
    return {
      flavor: flavor ? flavor.id : '',
      image: image ? image.id : '',
      // Nova picks a project's only network by itself, but refuses to choose between several.
      networks: choices.networks.length > 1 ? [choices.networks[0].id] : 'auto',
    };
  }

  /** A fresh page: one tier of two, each on a host of its own. */
  function fresh(choices) {
    const draft = model.addTier(model.empty(), { ...firstChoices(choices), name: 'web', count: 2 });
    return model.addPolicy(draft, { tiers: [draft.tiers[0].key] });
  }

  /** Web, cache and database: what most services look like, with what they usually want. */
  function threeTier(choices) {
    const first = firstChoices(choices);
    let draft = { ...model.empty(), name: 'shop' };
    for (const [name, count] of [['web', 3], ['cache', 2], ['db', 3]]) {
      draft = model.addTier(draft, { ...first, name, count });
    }
    const [web, cache, db] = draft.tiers.map((tier) => tier.key);
    for (const key of [web, cache]) { draft = model.addPolicy(draft, { tiers: [key] }); }
    // A quorum of three must not lose two members with one rack.
    draft = model.addPolicy(draft, { tiers: [db], level: 'rack' });
    return model.addPolicy(draft, {
      type: 'affinity', level: 'zone', enforcement: 'soft', between: true, tiers: [web, cache],
    });
  }

  ensembles.samples = { firstChoices, fresh, threeTier };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.samples; }
}());
