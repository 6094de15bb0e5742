// SPDX-License-Identifier: Apache-2.0
/* What a fresh page starts with. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { drafts, draftPolicies } = ensembles;

  /**
   * The first values of a tier, from what the project has: the smallest flavor that holds the first
   * image, of those that take nothing that few hosts have if there is one, and the only network if there is one.
   */
  function firstChoices(choices) {
    const image = choices.images[0];
    const holding = choices.flavors.filter((one) => !ensembles.server.shortage(one, image));
    const flavor = holding.find((one) => !one.scarce) || holding[0] || choices.flavors[0];
    return {
      flavor: flavor ? flavor.id : '',
      image: image ? image.id : '',
      // Nova picks a project's only network by itself, but refuses to choose between several.
      networks: choices.networks.length > 1 ? [choices.networks[0].id] : 'auto',
    };
  }

  /** Add a tier of two, each on a host of its own: every tier starts alike. */
  function addTier(draft, choices, values) {
    const whole = drafts.addTier(draft, { ...firstChoices(choices), ...values });
    return draftPolicies.addPolicy(whole, { tiers: [whole.tiers[whole.tiers.length - 1].key] });
  }

  /** A fresh page. */
  function fresh(choices) {
    return addTier(drafts.empty(), choices, { name: 'web' });
  }

  ensembles.newDraft = { firstChoices, addTier, fresh };
}());
