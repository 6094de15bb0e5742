// SPDX-License-Identifier: Apache-2.0
/* Survive: enough members are left after failures. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, domains, level } = ensembles.words;
  const LEFT = /^(\d{1,3}|(100|[1-9]?\d)%)$/;

  ensembles.policyKinds.add({
    type: 'survive',
    title: gettext('Survive failures'),
    own: { level: 'rack', why: gettext('Whichever rack fails, enough members of %(tier)s are left to go on.') },
    fields: { failures: 'failures', available: 'min_available' },
    first: { failures: 1, available: '1' },
    rule: ({ failures, available }) => {
      return { failures, min_available: /^\d+$/.test(available) ? Number(available) : available };
    },
    drawn(rule) {
      const found = {};
      if (Object.hasOwn(rule, 'failures')) { found.failures = rule.failures; }
      if (Object.hasOwn(rule, 'min_available')) { found.available = String(rule.min_available); }
      return found;
    },
    values(rule) {
      const failures = rule.failures || 1;
      return {
        left: rule.min_available ?? 1, failed: domains(rule.level, failures),
        any: failures > 1 ? domains(rule.level, failures) : level(rule.level),
      };
    },
    sentence(rule, soft) {
      if (rule.tiers.length > 1) {
        return soft ? gettext('After the loss of any %(failed)s, at least %(left)s of each of %(tiers)s should be left.')
          : gettext('After the loss of any %(failed)s, at least %(left)s of each of %(tiers)s must be left.');
      }
      return soft ? gettext('After the loss of any %(failed)s, at least %(left)s of %(tiers)s should be left.')
        : gettext('After the loss of any %(failed)s, at least %(left)s of %(tiers)s must be left.');
    },
    chip: () => gettext('Survive any %(any)s, %(left)s left'),
    boxes: (rule) => (rule.failures > 1 ? ['xa', 'xa', 'a'] : ['xa', 'a', 'a']),
    choices: (policy, inputs) => [
      inputs.number('failures', gettext('Failures at once')),
      inputs.text('available', gettext('Left at least (2 or 50%)')),
    ],
    faults: (policy, check) => [
      check.number('failures'),
      [!LEFT.test(policy.available), 'available', gettext('A number such as 2, or a share such as 50%.')],
    ],
  });
}());
