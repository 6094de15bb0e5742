// SPDX-License-Identifier: Apache-2.0
/* Affinity: members are kept together. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;

  ensembles.policyKinds.add({
    type: 'affinity',
    title: gettext('Keep together'),
    own: { level: 'zone', why: gettext('All members of %(tier)s in one zone, so that they reach each other fast.') },
    between: { level: 'zone', why: gettext('%(tier)s and %(other)s in one zone, so that they reach each other fast.') },
    sentence: (rule, soft) => (soft ? gettext('All members of %(tiers)s should be in one %(level)s.')
      : gettext('All members of %(tiers)s must be in one %(level)s.')),
    chip: (rule) => (rule.level === 'host' ? gettext('Together on one %(level)s') : gettext('Together in one %(level)s')),
    boxes: (rule) => [rule.tiers.length > 1 ? 'aabb' : 'aaa', '', ''],
  });
}());
