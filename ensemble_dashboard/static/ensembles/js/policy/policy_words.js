// SPDX-License-Identifier: Apache-2.0
/* Policies in words: as a sentence, and in few words, as a chip says them. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, level, list } = ensembles.words;
  const { policyKinds } = ensembles;

  function filled(template, rule, kind) {
    return fill(template, { level: level(rule.level), tiers: list(rule.tiers || []), ...kind.values(rule) });
  }

  /** A policy as one sentence, from the form of the API: {type, level, tiers: [names], enforcement, ...}. */
  function sentence(rule) {
    const kind = policyKinds.of(rule.type);
    return filled(kind.sentence(rule, rule.enforcement === 'soft'), rule, kind);
  }

  /** A policy in the form of the API, as a chip says it: "Apart by host". */
  function chip(rule) {
    const kind = policyKinds.of(rule.type);
    return filled(kind.chip(rule), rule, kind);
  }

  /** What people call a kind of policy; the term of the field is shown beside it. */
  function title(type) {
    return policyKinds.of(type).title;
  }

  /** "hard" or "soft". */
  function enforcementText(enforcement) {
    return enforcement === 'soft' ? gettext('soft') : gettext('hard');
  }

  ensembles.policyWords = { sentence, chip, title, enforcementText };
}());
