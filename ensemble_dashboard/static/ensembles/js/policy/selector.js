// SPDX-License-Identifier: Apache-2.0
/* Selector: members are only, or not, on hosts whose aggregates give a key one of some values. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, either, several } = ensembles.words;

  /** "on hosts with storage “nvme” or “ssd”". */
  function where(rule) {
    const sentences = {
      host: gettext('on hosts with %(key)s %(values)s'),
      rack: gettext('in racks that have hosts with %(key)s %(values)s'),
      zone: gettext('in zones that have hosts with %(key)s %(values)s'),
    };
    const other = gettext('in %(levels)s that have hosts with %(key)s %(values)s');
    const named = (rule.values || []).map((value) => fill(gettext('“%(text)s”'), { text: value }));
    return fill(sentences[rule.level] || other,
      { key: rule.key || '…', values: either(named) || '…', levels: several(rule.level) });
  }

  /** What the cloud offers, and what the policy has, though it may be there no more. */
  const offered = (there, chosen) => [...there, ...chosen.filter((one) => one && !there.includes(one))];

  ensembles.policyKinds.add({
    type: 'selector',
    title: gettext('Choose the hosts'),
    own: { level: 'host', why: gettext('Only hosts of a kind that the operator offers for %(tier)s, or none of them.') },
    fields: { selectorKey: 'key', selectorValues: 'values', selectorRule: 'rule' },
    first: { selectorKey: '', selectorValues: [], selectorRule: 'only' },
    begins({ selectors }) {
      const first = selectors.find((one) => one.values.length);
      return first ? { selectorKey: first.key, selectorValues: first.values.slice(0, 1) } : null;
    },
    values: (rule) => ({ where: where(rule) }),
    sentence(rule, soft) {
      if (rule.rule === 'not') {
        return soft ? gettext('The members of %(tiers)s should not be %(where)s.')
          : gettext('The members of %(tiers)s must not be %(where)s.');
      }
      return soft ? gettext('The members of %(tiers)s should be %(where)s.')
        : gettext('The members of %(tiers)s must be %(where)s.');
    },
    chip: (rule) => (rule.rule === 'not' ? gettext('Not %(where)s') : gettext('Only %(where)s')),
    boxes: (rule) => (rule.rule === 'not' ? ['aa', 'aa', 'o'] : ['aa', 'aa', '']),
    choices(policy, inputs) {
      const { selectorKey: key, selectorValues: chosen } = policy;
      const values = inputs.page.selectors.find((one) => one.key === key)?.values || [];
      return [
        inputs.segments('selectorRule', gettext('Members are'),
          [['only', gettext('only there')], ['not', gettext('not there')]]),
        inputs.segments('selectorKey', gettext('Hosts by'),
          offered(inputs.page.selectors.map((one) => one.key), [key]).map((one) => [one, one]),
          { selectorValues: [] }),
        inputs.boxes('selectorValues', gettext('Any of'), offered(values, chosen)),
      ];
    },
    faults: (policy) => [
      [!policy.selectorKey, 'selectorKey', gettext('Choose what to go by.')],
      [!policy.selectorValues.length, 'selectorValues', gettext('Choose a value.')],
    ],
  });
}());
