// SPDX-License-Identifier: Apache-2.0
/* "Fail it": who is left when somebody fails domains by clicking, and which promise that breaks. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill, list, domains } = ensembles.words;
  const { el, icon, badge } = ensembles.dom;
  const { domainTree, losses, failures } = ensembles;

  /**
   * What the policies "survive" promise, against the worst case of so many failures at once: one line for each tier.
   * Up to what a policy allows that is the API's own answer; beyond it, it is more than was promised.
   */
  function promised(plan, tiers, atOnce) {
    return lines((plan.promises || []).flatMap((promise) => {
      const covered = atOnce <= promise.failures;
      const item = plan.survivability.find((one) => one.level === promise.level);
      const worst = covered || !item ? [] : losses.worst(plan, tiers, item, atOnce);
      return promise.tiers.map((one) => {
        const left = covered || !item ? one.left : worst.find(({ tier }) => tier === one.tier).left;
        return { ...promise, ...one, left, kept: left >= one.needed, covered, message: covered ? one.message : undefined };
      });
    }));
  }

  /** A list of promises, kept or not, as losses.promises gives them. */
  function lines(promises) {
    return promises.length
      ? el('ul', { class: 'ens-plain ens-promises', 'aria-label': gettext('Promises') }, promises.map(line)) : null;
  }

  function line(one) {
    const broken = one.covered ? gettext('Promise broken (any %(failed)s may fail):')
      : gettext('More than was promised (any %(failed)s may fail):');
    const head = one.kept ? gettext('Promise kept (any %(failed)s may fail):') : broken;
    const sign = one.kept ? 'good' : one.covered ? 'bad' : 'warn';
    return el('li', { class: 'ens-promise ens-promise-' + sign, 'data-policy': one.policy, 'data-tier': one.tier },
      el('span', { class: 'ens-' + sign }, icon(sign)), ' ',
      fill(head, { failed: domains(one.level, one.failures) }), ' ', one.message || sentence(one));
  }

  /**
   * What is left of a tier against what is needed of it, where the API has not been asked: after a click, and after more
   * failures than were promised. tests/cases/promise_sentences.json proves that it says the same.
   */
  function sentence({ tier, left, needed }) {
    return fill(ngettext('%(left)s of %(tier)s would be left, and %(count)s is needed.',
      '%(left)s of %(tier)s would be left, and %(count)s are needed.', needed), { tier, left, count: needed });
  }

  /**
   * Whether lost members can be placed again, as a sentence; nothing when it is not known.
   * found: {message}, or 'asked'.
   */
  function again(plan, refs, found) {
    const loss = refs.length === 1
      && plan.survivability.flatMap((item) => item.losses || []).find((one) => one.domain === refs[0]);
    const answer = (loss && loss.room) || found;
    if (!answer) { return null; }
    if (answer === 'asked') {
      return el('p', { class: 'text-muted' }, icon('wait'), ' ',
        gettext('Can lost members be placed again? Being found out…'));
    }
    return el('p', {}, answer.message);
  }

  /**
   * What is left when the chosen domains fail; in words too, for the live region. more: {policies: as the API takes
   * them, room: as `again` takes what was found, reset()}, each of which may be missing.
   */
  function afterFailures(plan, tiers, failed, more) {
    const { policies, room: found, reset } = { policies: [], ...more };
    const chosen = plan.domains.filter((domain) => failed.has(domain.ref));
    if (!chosen.length) {
      return el('p', { class: 'ens-hint' }, icon('bolt'), ' ',
        gettext('Click a host, a rack or a zone to fail it, several if you like, and see who is left.'));
    }
    const after = domainTree.survivors(plan, tiers, failed);
    const state = losses.outcome(after, plan.minima);
    const dead = state === 'down' ? after.filter((item) => item.left === 0).map((item) => item.tier) : [];
    return el('div', { class: 'ens-what-if' },
      reset ? el('button', {
        id: 'ens-reset', type: 'button', class: 'btn btn-default btn-xs', on: { click: reset },
      }, icon('undo'), ' ', gettext('Reset')) : null,
      el('p', {}, fill(ngettext('If %(domains)s fails:', 'If %(domains)s fail:', chosen.length),
        { domains: list(failures.named(chosen.map((domain) => ensembles.words.label(domain)))) }),
      ' ', failures.headline(state),
      dead.length ? [' ', fill(gettext('nothing is left of %(tiers)s.'), { tiers: list(dead) })] : null),
      el('ul', { class: 'ens-plain ens-what-if-tiers' }, after.map((item, index) => el('li', { 'data-tier': item.tier },
        badge(tiers[index]), ' ', el('span', { class: 'ens-what-if-name' }, item.tier),
        failures.bar(tiers[index], item.left)))),
      lines(losses.promises(plan, tiers, policies, failed)),
      after.some((item) => item.left < item.count) ? again(plan, chosen.map((domain) => domain.ref), found) : null);
  }

  ensembles.whatIf = { afterFailures, promised, lines, sentence };
}());
