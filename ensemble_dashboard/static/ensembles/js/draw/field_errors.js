// SPDX-License-Identifier: Apache-2.0
/* Shows what is wrong at the field it is about, for eyes and for screen readers. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { el } = ensembles.dom;

  /** The id of the field that a place {kind, key, field} names. */
  function idOf(place) {
    return place.key ? place.key + '-' + place.field : 'ens-' + place.field;
  }

  /** Where the problems of the field with this id are shown; empty and hidden at first. */
  function slot(id) {
    return el('span', { class: 'help-block ens-error', id: id + '-error', hidden: true });
  }

  /** Show these problems [{place, message}] and no others. */
  function show(root, problems) {
    root.querySelectorAll('.ens-error').forEach((node) => { node.hidden = true; node.textContent = ''; });
    root.querySelectorAll('[aria-invalid]').forEach((node) => {
      node.removeAttribute('aria-invalid');
      node.removeAttribute('aria-describedby');
    });
    for (const { place, message } of problems) { tell(place, message); }
  }

  function tell(place, message) {
    const id = idOf(place);
    // What is in the side sheet is said at its button. A field nobody has: better at the name than not at all.
    const node = [id, place.key + '-server', 'ens-name'].map((one) => document.getElementById(one + '-error')).find(Boolean);
    node.textContent = node.textContent ? node.textContent + ' ' + message : message;
    node.hidden = false;
    const input = document.getElementById(id);
    if (!input) { return; }
    input.setAttribute('aria-invalid', 'true');
    input.setAttribute('aria-describedby', node.id);
    const folded = input.closest('details');
    if (folded) { folded.open = true; }
  }

  /** Put the cursor into the field of the first problem. */
  function focus(problems) {
    if (!problems.length) { return; }
    const [{ place }] = problems;
    const input = ['-' + place.field, place.kind === 'policy' ? '-chip' : '-server']
      .map((end) => document.getElementById(place.key ? place.key + end : idOf(place))).find(Boolean);
    if (input) { input.focus(); }
  }

  /** A problem as a sentence of its own: "web: at most 200". */
  function sentence(draft, { place, message }) {
    const tier = draft.tiers.find((one) => one.key === place.key);
    const policy = draft.policies.find((one) => one.key === place.key);
    const whole = tier ? tier.name : policy && ensembles.policyWords.title(policy.type);
    return whole ? whole + ': ' + message : message;
  }

  ensembles.fieldErrors = { idOf, slot, show, focus, sentence };
}());
