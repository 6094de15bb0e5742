// SPDX-License-Identifier: Apache-2.0
/* Near: wherever one tier is, another one is too. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;

  ensembles.policyKinds.add({
    type: 'near',
    title: gettext('Keep near'),
    between: {
      level: 'zone',
      why: gettext('Wherever %(tier)s is, some of %(other)s is too; %(other)s may be elsewhere as well.'),
    },
    hasTarget: true,
    values: (rule) => ({ to: rule.to || '?' }),
    sentence: (rule, soft) => (soft
      ? gettext('Every %(level)s that holds members of %(tiers)s should hold one of %(to)s too.')
      : gettext('Every %(level)s that holds members of %(tiers)s must hold one of %(to)s too.')),
    chip: () => gettext('Near in each %(level)s'),
    boxes: () => ['ab', 'ab', 'b'],
    ending: (isTarget) => (isTarget ? 'arrow' : 'dot'),
    choices: (policy, inputs) => inputs.target(gettext('Near which tier')),
    faults: (policy, check) => [check.target('to')],
  });
}());
