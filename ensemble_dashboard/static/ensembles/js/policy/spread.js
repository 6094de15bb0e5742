// SPDX-License-Identifier: Apache-2.0
/* Spread: the domains get nearly the same number of members, or so many domains are used. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, ngettext, fill, level, list, domains } = ensembles.words;

  /** How a spread is asked for: "no rack holds over 1 more than another and at least 3 racks are used". */
  function evenness(rule) {
    const asked = [];
    if (rule.max_skew) {
      asked.push(fill(gettext('no %(level)s holds over %(skew)s more than another'),
        { level: level(rule.level), skew: rule.max_skew }));
    }
    if (rule.min_domains) {
      asked.push(fill(ngettext('at least %(domains)s is used', 'at least %(domains)s are used', rule.min_domains),
        { domains: domains(rule.level, rule.min_domains) }));
    }
    return asked.length ? list(asked) : gettext('how is not said yet');
  }

  ensembles.policyKinds.add({
    type: 'spread',
    title: gettext('Spread evenly'),
    own: { level: 'rack', why: gettext('Each rack gets as many members of %(tier)s as the others, or nearly so.') },
    fields: { skew: 'max_skew', domains: 'min_domains' },
    first: { skew: 1, domains: null },
    // Nothing said about the evenness is not the same as what a new policy begins with.
    drawn: (rule) => ({ skew: rule.max_skew ?? null, domains: rule.min_domains ?? null }),
    values: (rule) => ({ how: evenness(rule), domains: domains(rule.level, rule.min_domains || 1) }),
    sentence(rule, soft) {
      if (rule.tiers.length > 1) {
        return soft ? gettext('The members of each of %(tiers)s should be spread: %(how)s.')
          : gettext('The members of each of %(tiers)s must be spread: %(how)s.');
      }
      return soft ? gettext('The members of %(tiers)s should be spread: %(how)s.')
        : gettext('The members of %(tiers)s must be spread: %(how)s.');
    },
    chip(rule) {
      if (!rule.min_domains) { return gettext('Spread evenly by %(level)s'); }
      return rule.max_skew ? gettext('Spread evenly over %(domains)s or more') : gettext('Spread over %(domains)s or more');
    },
    choices: (policy, inputs) => [
      inputs.number('skew', gettext('Difference in members, at most')),
      inputs.number('domains', gettext('Spread over at least')),
    ],
    faults: (policy, check) => [
      [policy.skew === null && policy.domains === null, 'skew', gettext('Give one of the two numbers, or both.')],
      check.number('skew', true), check.number('domains', true),
    ],
  });
}());
