// SPDX-License-Identifier: Apache-2.0
/* Exclusive: nobody else is where the members are. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;

  ensembles.policyKinds.add({
    type: 'exclusive',
    title: gettext('Keep to themselves'),
    own: { level: 'host', why: gettext('No server of anybody else on the hosts of %(tier)s.') },
    fields: { other: 'other' },
    first: { other: 'project' },
    sentence(rule, soft) {
      if (rule.other === 'ensemble') {
        return soft ? gettext('A %(level)s with members of %(tiers)s should hold no member of another ensemble.')
          : gettext('A %(level)s with members of %(tiers)s may hold no member of another ensemble.');
      }
      return soft ? gettext('A %(level)s with members of %(tiers)s should hold no server of another project.')
        : gettext('A %(level)s with members of %(tiers)s may hold no server of another project.');
    },
    chip: (rule) => (rule.other === 'ensemble' ? gettext('No other ensemble on its %(level)s')
      : gettext('No other project on its %(level)s')),
    boxes: () => ['aa', 'o', 'oo'],
    choices: (policy, inputs) => inputs.segments('other', gettext('Keep away'), [
      ['project', gettext('other projects')], ['ensemble', gettext('other ensembles')],
    ]),
  });
}());
