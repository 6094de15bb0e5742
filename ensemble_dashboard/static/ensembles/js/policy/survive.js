// SPDX-License-Identifier: Apache-2.0
/* Survive: enough members are left after failures. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, domains, afterLoss, level } = ensembles.words;
  const LEFT = /^(\d{1,3}|(100|[1-9]?\d)%|majority)$/;

  /** A share as the language writes it: "50%"; a count as it is. */
  function share(available) {
    return /%$/.test(available) ? fill(gettext('%(percent)s%'), { percent: available.slice(0, -1) }) : available;
  }

  /** How what must be left is given: as a number, as a share, or as more than half. */
  function way(available) {
    if (available === 'majority') { return available; }
    return available.endsWith('%') ? 'share' : 'count';
  }

  /** More than half of each tier as the API takes it: a number where it is the same for all of them. */
  function majority(counts) {
    const needed = new Set(counts.map((count) => Math.floor(count / 2) + 1));
    return needed.size === 1 && counts.every(Number.isInteger) ? [...needed][0] : '51%';
  }

  ensembles.policyKinds.add({
    type: 'survive',
    title: gettext('Survive failures'),
    own: { level: 'rack', why: gettext('Whichever rack fails, enough members of %(tier)s are left to go on.') },
    fields: { failures: 'failures', available: 'min_available' },
    first: { failures: 1, available: '1' },
    rule({ failures, available }, tiers) {
      if (available === 'majority') { return { failures, min_available: majority(tiers.map(({ count }) => count)) }; }
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
        left: share(rule.min_available ?? 1), after_loss: afterLoss(rule.level, failures),
        any: failures > 1 ? domains(rule.level, failures) : level(rule.level),
      };
    },
    sentence(rule, soft) {
      if (rule.tiers.length > 1) {
        return soft ? gettext('At least %(left)s of each of %(tiers)s should be left %(after_loss)s.')
          : gettext('At least %(left)s of each of %(tiers)s must be left %(after_loss)s.');
      }
      return soft ? gettext('At least %(left)s of %(tiers)s should be left %(after_loss)s.')
        : gettext('At least %(left)s of %(tiers)s must be left %(after_loss)s.');
    },
    chip: () => gettext('Survive any %(any)s, %(left)s left'),
    boxes: (rule) => (rule.failures > 1 ? ['xa', 'xa', 'a'] : ['xa', 'a', 'a']),
    choices: (policy, inputs) => [
      inputs.number('failures', gettext('Failures at once')),
      inputs.ways('available', gettext('Left at least'), [
        ['count', gettext('a number'), '1'], ['share', gettext('a share'), '50%'],
        ['majority', gettext('a majority'), 'majority'],
      ], way(policy.available)),
      policy.available === 'majority' ? null : inputs.text('available', gettext('How many (2 or 50%)')),
    ],
    faults: (policy, check) => [
      check.number('failures'),
      [!LEFT.test(policy.available), 'available', gettext('A number such as 2, or a share such as 50%.')],
    ],
  });
}());
