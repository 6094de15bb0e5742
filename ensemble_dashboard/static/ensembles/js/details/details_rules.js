// SPDX-License-Identifier: Apache-2.0
/* What was promised and whether it holds now, and what differs from the plan with its price. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, level } = ensembles.words;
  const { policyWords } = ensembles;
  const { el, icon } = ensembles.dom;
  const { currentState, members } = ensembles;

  const NAMED = 3; // domains that are listed by name

  /** The policies as sentences, each with its kind and whether it holds. */
  function policies(ensemble, current) {
    if (!ensemble.policies.length) {
      return el('p', { class: 'text-muted' }, gettext('Nothing was asked for: the members may be anywhere.'));
    }
    return el('ul', { class: 'ens-plain ens-rules' }, currentState.policiesNow(ensemble, current).map((each) => {
      const soft = each.policy.enforcement === 'soft';
      // What the plan kept is nothing seen: it is green only when somebody has looked.
      const kept = current ? 'good' : 'less';
      const look = each.holds === null ? 'less' : (each.holds ? kept : (soft ? 'warn' : 'bad'));
      return el('li', { class: 'ens-rule is-' + look, 'data-holds': String(each.holds) },
        el('span', { class: 'ens-' + look }, icon(look), el('span', { class: 'sr-only' }, verdict(each.holds, !current))),
        el('div', {},
          el('strong', {}, policyWords.title(each.policy.type)), ' ',
          el('span', { class: 'ens-term' }, each.policy.type), ' ',
          el('span', { class: 'ens-term' }, soft ? gettext('soft') : gettext('hard')),
          el('p', { class: 'ens-rule-words' }, policyWords.sentence(each.policy)),
          each.tiers.length ? el('p', { class: 'ens-rule-left' }, each.tiers.map((one) => fill(
            gettext('%(tier)s: %(left)s would be left, %(needed)s are needed.'), one)).join(' ')) : null,
          each.holds === false ? el('p', { class: 'ens-rule-broken' }, gettext('Not kept.'), ' ', each.message) : null));
    }));
  }

  function verdict(holds, planned) {
    if (holds === null) { return gettext('does not apply now'); }
    if (holds && planned) { return gettext('holds as planned'); }
    return holds ? gettext('holds') : gettext('does not hold');
  }

  /** One difference as a sentence. labels: Map from ref to label. */
  function sentence(each, labels) {
    const named = (refs) => (refs || []).map((ref) => labels.get(ref) || '?').join(', ');
    const values = {
      member: each.member, now: named(each.now), planned: named(each.planned),
      status: each.status ? members.state(each.status) : '',
    };
    if (each.kind === 'gone') { return fill(gettext('%(member)s is gone: Nova has no server of it any more.'), values); }
    if (each.kind === 'cut off') { return fill(gettext('%(member)s is on a host that is down.'), values); }
    if (each.kind === 'down') { return fill(gettext('%(member)s is not active: %(status)s.'), values); }
    return fill(gettext('%(member)s is now in %(now)s; planned was %(planned)s.'), values);
  }

  /** What a difference costs as a sentence. */
  function price(each, labels) {
    const names = each.domains.map((ref) => labels.get(ref) || '?')
      .sort(ensembles.formats.collator().compare);
    const values = {
      tier: each.tier, left: each.left, count: each.count, planned: each.planned, level: level(each.level),
      domain: names.length && names.length <= NAMED ? or(names)
        : fill(gettext('one %(level)s'), { level: level(each.level) }),
    };
    return each.left
      ? fill(gettext('The loss of %(domain)s now leaves %(left)s of %(count)s of %(tier)s; as planned, ' +
        'the loss of any %(level)s left %(planned)s.'), values)
      : fill(gettext('The loss of %(domain)s now leaves nothing of %(tier)s; as planned, ' +
        'the loss of any %(level)s left %(planned)s of %(count)s.'), values);
  }

  function or(names) {
    if (names.length < 2) { return names.join(''); }
    return fill(gettext('%(first)s or %(last)s'), { first: names.slice(0, -1).join(', '), last: names[names.length - 1] });
  }

  /** The panel of what differs; null when nothing does. */
  function differences(ensemble, current) {
    const found = currentState.differences(current);
    const labels = currentState.labels(ensemble, current);
    const prices = currentState.costs(ensemble, current);
    // A soft policy that the plan could not meet either is no difference.
    const before = currentState.policiesNow(ensemble, null);
    const broken = currentState.policiesNow(ensemble, current)
      .filter((each, index) => each.holds === false && before[index].holds !== false);
    if (!found.length && !prices.length && !broken.length) { return null; }
    return [
      el('ul', { class: 'ens-plain ens-differences' }, found.map((each) => el('li', { 'data-difference': each.kind },
        icon(each.kind === 'moved' ? 'undo' : 'bad'), ' ', el('span', {}, sentence(each, labels),
          each.fault ? el('span', { class: 'ens-fault-text' }, each.fault) : null)))),
      el('h3', {}, gettext('What that costs')),
      prices.length || broken.length ? el('ul', { class: 'ens-plain ens-costs' },
        broken.map((each) => el('li', { class: 'ens-cost' }, el('span', { class: 'ens-bad' }, icon('bad')), ' ',
          el('span', {}, fill(gettext('A promise does not hold: %(policy)s'),
            { policy: policyWords.sentence(each.policy) })))),
        prices.map((each) => el('li', { class: 'ens-cost' }, el('span', { class: 'ens-warn' }, icon('warn')), ' ',
          el('span', {}, price(each, labels)))))
        : el('p', { class: 'ens-good' }, icon('good'), ' ',
          gettext('Nothing: every promise holds, and no failure takes more than it would have as planned.')),
    ];
  }

  ensembles.rules = { policies, differences, sentence, price };
}());
