// SPDX-License-Identifier: Apache-2.0
/* What a step of the drawing did, in words that follow "Undo:", found by comparing the two drafts. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, list } = ensembles.words;
  const { title } = ensembles.policyWords;
  const { tierNames } = ensembles.draftPolicies;

  /** Say what leads from one draft to the next. */
  function describe(before, after) {
    return tiers(before, after) || policies(before, after) || whole(before, after);
  }

  function whole(before, after) {
    const labels = {
      name: gettext('change the name'), description: gettext('change the description'),
      metadata: gettext('change the metadata'), recovery: gettext('change the recovery'),
    };
    const [field, ...more] = Object.keys(labels).filter((one) => before[one] !== after[one]);
    return field && !more.length ? labels[field] : gettext('several changes');
  }

  /** What came, went and changed among items with keys, when it is one of them; else null. */
  function compare(before, after) {
    const came = after.filter((item) => !before.some((other) => other.key === item.key));
    const went = before.filter((item) => !after.some((other) => other.key === item.key));
    const changed = after.filter((item) => !came.includes(item) && !before.includes(item));
    return { came, went, changed, count: came.length + went.length + changed.length };
  }

  function tiers(before, after) {
    const { came, went, changed, count } = compare(before.tiers, after.tiers);
    if (!count) { return ''; }
    if (count > 1) { return gettext('several changes'); }
    if (came.length) { return fill(gettext('add tier %(tier)s'), { tier: came[0].name }); }
    if (went.length) { return fill(gettext('remove tier %(tier)s'), { tier: went[0].name }); }
    return tier(before.tiers.find((item) => item.key === changed[0].key), changed[0]);
  }

  function tier(old, now) {
    const fields = Object.keys(now).filter((field) => now[field] !== old[field]);
    const values = { tier: now.name, old: old.name, from: old.count ?? '?', to: now.count ?? '?' };
    return fill({
      name: gettext('rename tier %(old)s to %(tier)s'),
      count: gettext('change %(tier)s from %(from)s to %(to)s members'),
      flavor: gettext('change the flavor of %(tier)s'),
      image: gettext('change the image of %(tier)s'),
      networks: gettext('change the networks of %(tier)s'),
      after: gettext('change what comes before %(tier)s'),
    }[fields.length === 1 && fields[0]] || gettext('change the servers of %(tier)s'), values);
  }

  function policies(before, after) {
    const { came, went, changed, count } = compare(before.policies, after.policies);
    if (!count) { return ''; }
    if (count > 1) { return gettext('several changes'); }
    const [policy] = [...came, ...went, ...changed];
    const draft = went.length ? before : after;
    const sentence = came.length ? gettext('add “%(policy)s” to %(tiers)s')
      : went.length ? gettext('remove “%(policy)s” from %(tiers)s') : gettext('change “%(policy)s” of %(tiers)s');
    return fill(sentence, { policy: title(policy.type), tiers: list(tierNames(draft, policy)) });
  }

  /** What the next undo would take back, in words; '' if there is nothing. */
  function back({ past, now }) {
    const step = past[past.length - 1];
    return step ? step.label || describe(step.before, now) : '';
  }

  /** What the next redo would do again, in words; '' if there is nothing. */
  function again({ future, now }) {
    const step = future[future.length - 1];
    return step ? step.label || describe(now, step.after) : '';
  }

  ensembles.stepLabels = { describe, back, again };
}());
