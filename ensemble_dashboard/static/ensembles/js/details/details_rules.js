// SPDX-License-Identifier: Apache-2.0
/* What was promised and whether it holds now, and what differs from the plan with its price. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { policyWords } = ensembles;
  const { el, icon } = ensembles.dom;
  const { currentState } = ensembles;

  /** The policies as sentences, each with its kind and whether it holds. */
  function policies(ensemble, current) {
    if (!ensemble.policies.length) {
      return el('p', { class: 'text-muted' }, ['RESERVING', 'BUILDING', 'ACTIVE', 'DEGRADED'].includes(ensemble.status)
        ? gettext('Nothing was asked for: the members may be anywhere.') : gettext('Nothing was asked for.'));
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
          el('p', { class: 'ens-rule-words' }, each.sentence),
          each.tiers.length ? el('p', { class: 'ens-rule-left' }, each.tiers.map((one) => one.message).join(' ')) : null,
          each.holds === false ? el('p', { class: 'ens-rule-broken' },
            fill(gettext('Not kept (%(what)s).'), { what: each.message })) : null));
    }));
  }

  function verdict(holds, planned) {
    if (holds === null) { return gettext('does not apply now'); }
    if (holds && planned) { return gettext('holds as planned'); }
    return holds ? gettext('holds') : gettext('does not hold');
  }

  /** The way to the moves that would let all hold. */
  function mend(changeUrl) {
    return el('a', { class: 'btn btn-default btn-sm ens-mend', href: changeUrl + '?mend=1' }, icon('redo'), ' ',
      gettext('See what would mend it'));
  }

  /** The panel of what differs; null when nothing does. */
  function differences(current) {
    // A soft policy that the plan could not meet either is no difference.
    const broken = current.violations.filter((each) => !each.planned);
    if (!current.differences.length && !current.costs.length && !broken.length) { return null; }
    return [
      el('ul', { class: 'ens-plain ens-differences' }, current.differences.map((each) => el('li', {
        'data-difference': each.kind,
      }, icon(each.kind === 'moved' ? 'undo' : 'bad'), ' ', el('span', {}, each.message)))),
      el('h3', {}, gettext('What that costs')),
      current.costs.length || broken.length ? el('ul', { class: 'ens-plain ens-costs' },
        broken.map(({ policy }) => cost('bad', fill(gettext('A promise does not hold: %(policy)s'),
          { policy: current.policies[policy].message }))),
        current.costs.map(({ message }) => cost('warn', message)))
        : el('p', { class: 'ens-good' }, icon('good'), ' ',
          gettext('Nothing: every promise holds, and no failure takes more than it would have as planned.')),
    ];
  }

  function cost(sign, text) {
    return el('li', { class: 'ens-cost' }, el('span', { class: 'ens-' + sign }, icon(sign)), ' ', el('span', {}, text));
  }

  ensembles.rules = { policies, mend, differences };
}());
