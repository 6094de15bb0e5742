// SPDX-License-Identifier: Apache-2.0
/* Policies in few words: what a chip says, and what each kind is for. */
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

  /** What "must" and "should" come to. */
  function consequence(enforcement) {
    return enforcement === 'soft' ? gettext('If it cannot be kept, you are told, and it can be built all the same.')
      : gettext('If it cannot be kept, nothing is built, and you are told why.');
  }

  // What can be added: [type, first level, what it is for]. The first one is what most tiers need.
  const OWN = [
    ['anti-affinity', 'host', gettext('No two members of %(tier)s on one host, so that one failed host costs one member.')],
    ['survive', 'rack', gettext('Whichever rack fails, enough members of %(tier)s are left to go on.')],
    ['spread', 'rack', gettext('Each rack gets as many members of %(tier)s as the others, or nearly so.')],
    ['affinity', 'zone', gettext('All members of %(tier)s in one zone, so that they reach each other fast.')],
    ['exclusive', 'host', gettext('No server of anybody else on the hosts of %(tier)s.')],
  ];
  const BETWEEN = [
    ['affinity', 'zone', gettext('%(tier)s and %(other)s in one zone, so that they reach each other fast.')],
    ['anti-affinity', 'host', gettext('No host holds both %(tier)s and %(other)s, so that one failure never hits both.')],
    ['near', 'zone', gettext('Wherever %(tier)s is, some of %(other)s is too; %(other)s may be elsewhere as well.')],
  ];

  ensembles.policyWords = { chip, strictness, consequence, OWN, BETWEEN };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.policyWords; }
}());
