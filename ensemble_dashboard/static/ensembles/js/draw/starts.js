// SPDX-License-Identifier: Apache-2.0
/* The drawing of what one can start from (starts.py), made of what the project has. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { newDraft } = ensembles;
  const { drawing } = ensembles.document;

  /**
   * start: {name, tiers: [[name, count]], policies in the API's form}. What already has a name keeps it.
   * levels: those the cloud has; a policy at another one is left out.
   */
  function draw(start, { choices, levels }, draft) {
    const drawn = drawing({
      name: draft.name || start.name, description: draft.description,
      tiers: start.tiers.map(([name, count]) => ({ name, count, server: {} })),
      policies: start.policies.filter((policy) => levels.includes(policy.level)),
    });
    return {
      ...drawn, metadata: draft.metadata, recovery: draft.recovery,
      tiers: drawn.tiers.map((tier) => ({ ...tier, ...newDraft.firstChoices(choices) })),
    };
  }

  ensembles.starts = { draw };
}());
