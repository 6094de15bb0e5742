// SPDX-License-Identifier: Apache-2.0
/* What a fresh page starts with. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
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

  ensembles.newDraft = { firstChoices, fresh };
}());
