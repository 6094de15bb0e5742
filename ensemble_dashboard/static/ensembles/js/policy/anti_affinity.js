// SPDX-License-Identifier: Apache-2.0
/* Anti-affinity: members are kept apart. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, level } = ensembles.words;
  const MOST = 4; // members that one box of the picture can show

  ensembles.policyKinds.add({
    type: 'anti-affinity',
    title: gettext('Keep apart'),
    own: {
      level: 'host',
      why: gettext('No two members of %(tier)s on one host, so that one failed host costs one member.'),
    },
    between: {
      level: 'host',
      why: gettext('No host holds both %(tier)s and %(other)s, so that one failure never hits both.'),
    },
    fields: { most: 'max_per_domain' },
    first: { most: 1 },
    rule: ({ between, most }) => (between ? {} : { max_per_domain: most }),
    values: (rule) => ({ most: rule.max_per_domain || 1 }),
    sentence(rule, soft) {
      if (rule.tiers.length > 1) {
        return soft ? gettext('No %(level)s should hold members of two of %(tiers)s.')
          : gettext('No %(level)s may hold members of two of %(tiers)s.');
      }
      if (rule.max_per_domain > 1) {
        return soft ? gettext('A %(level)s should hold at most %(most)s members of %(tiers)s.')
          : gettext('A %(level)s may hold at most %(most)s members of %(tiers)s.');
      }
      return soft ? gettext('No two members of %(tiers)s should share a %(level)s.')
        : gettext('No two members of %(tiers)s may share a %(level)s.');
    },
    chip: (rule) => (rule.max_per_domain > 1 ? gettext('At most %(most)s per %(level)s') : gettext('Apart by %(level)s')),
    boxes: (rule) => (rule.tiers.length > 1 ? ['aa', 'bb', 'aa']
      : Array(3).fill('a'.repeat(Math.min(rule.max_per_domain || 1, MOST)))),
    ending: () => 'bar',
    choices: (policy, inputs) => (policy.between ? null
      : inputs.number('most', fill(gettext('Members per %(level)s, at most'), { level: level(policy.level) }))),
    faults: (policy, check) => (policy.between ? [] : [check.number('most')]),
  });
}());
