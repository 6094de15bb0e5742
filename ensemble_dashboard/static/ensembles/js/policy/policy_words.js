// SPDX-License-Identifier: Apache-2.0
/* Policies in few words, as a chip says them. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, fill, level, domains } = ensembles.words;

  /** A policy in the form of the API, as a chip says it: "Apart by host". */
  function chip(rule) {
    const failures = rule.failures || 1;
    return fill((CHIPS[rule.type] || (() => rule.type + ', %(level)s'))(rule), {
      level: level(rule.level), most: rule.max_per_domain, left: rule.min_available ?? 1,
      failed: failures > 1 ? domains(rule.level, failures) : level(rule.level),
      domains: domains(rule.level, rule.min_domains || 1),
    });
  }

  const CHIPS = {
    affinity: (rule) => (rule.level === 'host' ? gettext('Together on one %(level)s')
      : gettext('Together in one %(level)s')),
    'anti-affinity': (rule) => (rule.max_per_domain > 1 ? gettext('At most %(most)s per %(level)s')
      : gettext('Apart by %(level)s')),
    spread: (rule) => {
      if (!rule.min_domains) { return gettext('Spread evenly by %(level)s'); }
      return rule.max_skew ? gettext('Spread evenly over %(domains)s or more') : gettext('Spread over %(domains)s or more');
    },
    near: () => gettext('Near in each %(level)s'),
    survive: () => gettext('Survive any %(failed)s, %(left)s left'),
    exclusive: (rule) => (rule.other === 'ensemble' ? gettext('No other ensemble on its %(level)s')
      : gettext('No other project on its %(level)s')),
  };

  /** "must" or "should". */
  function strictness(enforcement) {
    return enforcement === 'soft' ? gettext('should') : gettext('must');
  }

  ensembles.policyWords = { chip, strictness };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.policyWords; }
}());
