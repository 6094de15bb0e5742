// SPDX-License-Identifier: Apache-2.0
/* A policy as a chip: a picture and a few words, marked when it is in the way, and its editor below. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, list } = ensembles.words;
  const { el, fillIn, icon, badge } = ensembles.dom;
  const { ruleOf } = ensembles.apiBody;
  const { joins } = ensembles.draftPolicies;

  // Every field that a problem can be told at.
  const SLOTS = ['type', 'level', 'enforcement', 'tiers', 'to', ...Object.keys(ensembles.policyKinds.fields())];
  // Editor, menus and edges are fetched together, when the pointer or the focus comes near; the last of them tells.
  const fetched = () => (ensembles.edgeLines ? null : ensembles.lazyScripts.load('policies'));

  /** Do what needs the editor or the menus: at once if they are here. */
  function whenFetched(action) {
    const coming = fetched();
    if (coming) { coming.then(action, () => {}); } else { action(); }
  }

  let opened = null; // the key of the policy whose editor is open; one at a time

  /** The chips of some policies, as a list with these attributes. page: what policy_editor.js
      takes, legend, removePolicy(key). */
  function chips(policies, page, attributes) {
    return el('ul', { class: 'ens-plain ens-policies', ...attributes }, policies.map((policy) => {
      const { key } = policy;
      return el('li', { class: 'ens-policy', 'data-policy': key },
        el('button', {
          id: key + '-chip', type: 'button', class: 'ens-policy-chip', 'aria-expanded': String(opened === key),
          'aria-describedby': key + '-said ' + key + '-told',
          on: {
            click: () => whenFetched(() => open(opened === key ? null : key, page)),
            keydown(event) {
              if (event.key !== 'Delete') { return; }
              event.preventDefault();
              whenFetched(() => ensembles.policyMenu.remove(policy, page));
            },
          },
        }, face(policy, page)),
        el('span', { id: key + '-said', class: 'sr-only', 'data-sentence': key }, page.sentence(policy)),
        el('div', { id: key + '-told', class: 'ens-told' },
          SLOTS.map((field) => ensembles.fieldErrors.slot(key + '-' + field)),
          el('span', { class: 'help-block ens-unmet', hidden: true })),
        opened === key ? editor(policy, page) : null);
    }));
  }

  /** The buttons after a tier's chips: one adds policies of its own, the other relates it to another tier. */
  function menus(tier, page) {
    const opener = (which, picture, said) => {
      const button = el('button', {
        id: tier.key + '-' + which, type: 'button', class: 'btn btn-default btn-xs', 'aria-expanded': 'false',
        on: { click: () => whenFetched(() => ensembles.policyMenu.toggle(button, which, tier.key, page)) },
      }, icon(picture), ' ', said);
      return el('span', { class: 'ens-menu' }, button);
    };
    return el('div', { class: 'ens-policy-menus' }, opener('add', 'more', gettext('Add policy')),
      page.draft.tiers.length > 1 ? opener('relate', 'link', gettext('Relate to…')) : null);
  }

  function face(policy, page) {
    const rule = ruleOf(page.draft, policy);
    const soft = policy.enforcement === 'soft';
    return [
      policy.between ? ends(policy, page) : null,
      ensembles.policyPicture.picture(rule),
      el('span', { class: 'ens-policy-words' }, ensembles.policyWords.chip(rule), ' ',
        el('span', { class: soft ? 'ens-soft' : 'ens-hard' }, ensembles.policyWords.enforcementText(policy.enforcement))),
    ];
  }

  /** The tiers that a policy between tiers is about. */
  function ends(policy, page) {
    const signs = (keys) => page.draft.tiers.filter((tier) => keys.includes(tier.key))
      .map((tier) => badge(page.legend.get(tier.key)));
    const near = ensembles.policyKinds.of(policy.type).hasTarget;
    const about = page.draft.tiers.filter((tier) => joins(policy).includes(tier.key));
    return el('span', { class: 'ens-ends' }, signs(policy.tiers),
      near ? [el('span', { class: 'ens-to', 'aria-hidden': 'true' }, '→'), signs([policy.to])] : null,
      el('span', { class: 'sr-only' }, list(about.map((tier) => tier.name)) + ': '));
  }

  function editor(policy, page) {
    return ensembles.policyEditor.editor(policy, page, {
      close: () => {
        open(null, page);
        focus(policy.key + '-chip');
      },
      remove: () => ensembles.policyMenu.remove(policy, page),
    });
  }

  /** Open the editor of a policy and close the one that was open; null only closes. */
  function open(key, page) {
    const was = document.getElementById(opened + '-editor');
    if (was) { was.remove(); }
    const chip = document.getElementById(opened + '-chip');
    if (chip) { chip.setAttribute('aria-expanded', 'false'); }
    opened = key;
    const policy = page.draft.policies.find((one) => one.key === key);
    if (!policy) { return; }
    const next = document.getElementById(key + '-chip');
    next.setAttribute('aria-expanded', 'true');
    const made = editor(policy, page);
    next.parentNode.append(made);
    made.scrollIntoView?.({ block: 'nearest' });
  }

  function focus(id) {
    const node = document.getElementById(id);
    if (node) { node.focus(); }
  }

  /**
   * Bring chips and sentences up to date without touching a field.
   * wrong: problems as field_errors.js shows them; unmet: Map of a policy's key -> what the plan leaves unmet.
   */
  function refresh(root, page, wrong, unmet) {
    for (const policy of page.draft.policies) {
      const { key } = policy;
      const faults = wrong.filter(({ place }) => place.kind === 'policy' && place.key === key);
      const missed = !faults.length && policy.enforcement === 'soft' && unmet.get(key);
      const chip = document.getElementById(key + '-chip');
      fillIn(chip, face(policy, page), sign(faults, missed));
      chip.className = 'ens-policy-chip' + (policy.enforcement === 'soft' ? ' is-soft' : '')
        + (faults.length ? ' is-wrong' : '') + (missed ? ' is-unmet' : '');
      const told = chip.parentNode.querySelector('.ens-unmet');
      told.textContent = missed || '';
      told.hidden = !missed;
      told.parentNode.hidden = !missed && !faults.length;
      root.querySelectorAll('[data-sentence="' + key + '"]').forEach((node) => {
        node.textContent = page.sentence(policy);
      });
      root.querySelectorAll('[data-picture="' + key + '"]').forEach((node) =>
        fillIn(node, ensembles.policyPicture.picture(ruleOf(page.draft, policy))));
    }
  }

  function sign(faults, missed) {
    if (!faults.length && !missed) { return null; }
    const said = faults.some(({ place }) => place.field === 'type') ? gettext('in the way') : gettext('not right yet');
    return el('span', { class: 'ens-policy-sign' }, icon(missed ? 'warn' : 'bad'), ' ', missed ? gettext('not met') : said);
  }

  ensembles.policyChip = { chips, menus, refresh, open, focus, fetched, whenFetched };
}());
