// SPDX-License-Identifier: Apache-2.0
/* What a drawing can start from: services that many people have, with the policies they need. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext } = ensembles.words;
  const { samples } = ensembles;
  const { drawing } = ensembles.document;

  const soft = 'soft';

  // In the API's form. picture: the racks, with the place of the tier of each member in them.
  const TEMPLATES = [
    {
      id: 'three-tier', name: 'shop', picture: ['012', '012', '02'],
      title: gettext('Web, cache and database'),
      about: gettext('Web servers on different hosts, caches near them, and a database that keeps its quorum when '
        + 'any rack fails.'),
      tiers: [['web', 3], ['cache', 2], ['db', 3]],
      policies: [
        { type: 'anti-affinity', level: 'host', tiers: ['web'] },
        { type: 'anti-affinity', level: 'host', tiers: ['cache'] },
        { type: 'survive', level: 'rack', tiers: ['db'], min_available: 2 },
        { type: 'near', level: 'zone', tiers: ['web'], to: 'cache', enforcement: soft },
      ],
    },
    {
      id: 'active-standby', name: 'ledger', picture: ['0', '0', '1'],
      title: gettext('Active and standby'),
      about: gettext('Two servers of which one outlives any rack, and any zone where possible; their witness shares '
        + 'no rack with them.'),
      tiers: [['node', 2], ['witness', 1]],
      policies: [
        { type: 'survive', level: 'rack', tiers: ['node'] },
        { type: 'survive', level: 'zone', tiers: ['node'], enforcement: soft },
        { type: 'anti-affinity', level: 'rack', tiers: ['node', 'witness'] },
      ],
    },
    {
      id: 'quorum', name: 'quorum', picture: ['0', '0', '0'],
      title: gettext('Quorum of three'),
      about: gettext('Three servers of which two are left after the loss of any rack, alone on their hosts where '
        + 'possible.'),
      tiers: [['node', 3]],
      policies: [
        { type: 'survive', level: 'rack', tiers: ['node'], min_available: 2 },
        { type: 'spread', level: 'zone', tiers: ['node'], max_skew: 1, enforcement: soft },
        { type: 'exclusive', level: 'host', tiers: ['node'], other: 'ensemble', enforcement: soft },
      ],
    },
    {
      id: 'workers', name: 'farm', picture: ['011', '011', '11', '11'],
      title: gettext('Worker farm'),
      about: gettext('Many workers spread evenly over the racks, half of them left after any rack, and two schedulers '
        + 'of which one always is.'),
      tiers: [['scheduler', 2], ['worker', 8]],
      policies: [
        { type: 'survive', level: 'rack', tiers: ['scheduler'] },
        { type: 'survive', level: 'rack', tiers: ['worker'], min_available: '50%' },
        { type: 'spread', level: 'rack', tiers: ['worker'], max_skew: 1, enforcement: soft },
      ],
    },
    {
      id: 'empty', name: '', picture: [], tiers: [], policies: [],
      title: gettext('Empty'), about: gettext('Nothing yet: you add the tiers.'),
    },
  ];

  /**
   * The drawing of a template, made of what the project has. What already has a name keeps it.
   * levels: those the cloud has; a policy at another one is left out.
   */
  function draw(template, { choices, levels }, draft) {
    const body = {
      name: draft.name || template.name, description: draft.description,
      tiers: template.tiers.map(([name, count]) => ({ name, count, server: {} })),
      policies: template.policies.filter((policy) => levels.includes(policy.level)),
    };
    const drawn = drawing(body);
    return { ...drawn, tiers: drawn.tiers.map((tier) => ({ ...tier, ...samples.firstChoices(choices) })) };
  }

  /** The template with this id, or undefined. */
  function named(id) {
    return TEMPLATES.find((template) => template.id === id);
  }

  ensembles.templates = { TEMPLATES, draw, named };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.templates; }
}());
