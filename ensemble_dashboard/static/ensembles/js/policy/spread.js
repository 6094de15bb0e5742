// SPDX-License-Identifier: Apache-2.0
/* Spread: the domains get nearly the same number of members, so many domains are used, or each has its share. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, ngettext, fill, level, list, domains } = ensembles.words;

  /** "70 in az1 and 30 in az2", in the order of the names. */
  function shares(rule) {
    return list(Object.keys(rule.shares).sort().map((name) =>
      fill(gettext('%(share)s in %(name)s'), { share: rule.shares[name], name })));
  }

  /** How a spread is asked for: "no rack holds over 1 more than another and at least 3 racks are used". */
  function evenness(rule) {
    const asked = [];
    if (rule.shares) {
      asked.push(fill(gettext('by shares of %(shares)s'), { shares: shares(rule) }));
    }
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
    fields: { skew: 'max_skew', domains: 'min_domains', shares: 'shares' },
    first: { skew: 1, domains: null, shares: null },
    // Nothing said about the evenness is not the same as what a new policy begins with.
    drawn: (rule) => ({
      skew: rule.max_skew ?? null, domains: rule.min_domains ?? null, shares: rule.shares ?? null,
    }),
    values: (rule) => ({
      how: evenness(rule), domains: domains(rule.level, rule.min_domains || 1), shares: rule.shares ? shares(rule) : '',
    }),
    sentence(rule, soft) {
      if (rule.tiers.length > 1) {
        return soft ? gettext('The members of each of %(tiers)s should be spread: %(how)s.')
          : gettext('The members of each of %(tiers)s must be spread: %(how)s.');
      }
      return soft ? gettext('The members of %(tiers)s should be spread: %(how)s.')
        : gettext('The members of %(tiers)s must be spread: %(how)s.');
    },
    chip(rule) {
      if (rule.shares) { return gettext('Spread %(shares)s'); }
      if (!rule.min_domains) { return gettext('Spread evenly by %(level)s'); }
      return rule.max_skew ? gettext('Spread evenly over %(domains)s or more') : gettext('Spread over %(domains)s or more');
    },
    choices: (policy, inputs) => [
      inputs.number('skew', gettext('Difference in members, at most')),
      inputs.number('domains', gettext('Spread over at least')),
      policy.level === inputs.page.zoneLevel || policy.shares
        ? inputs.amounts('shares', gettext('Or the share of each zone'), inputs.page.zones(),
          { skew: null, domains: null }) : null,
    ],
    faults: (policy, check) => [
      [policy.skew === null && policy.domains === null && policy.shares === null, 'skew',
        gettext('Give one of the two numbers, or both.')],
      [policy.shares !== null && (policy.skew !== null || policy.domains !== null), 'shares',
        gettext('Give shares, or numbers, and not both.')],
      [Object.values(policy.shares || {}).some((share) => share < 1 || share > 1000), 'shares',
        gettext('A share is a whole number from 1 to 1000.')],
      check.number('skew', true), check.number('domains', true),
    ],
  });
}());
