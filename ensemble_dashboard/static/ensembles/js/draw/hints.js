// SPDX-License-Identifier: Apache-2.0
/* Scheduler hints of a tier's servers: a field for each that the operator lets tenants give. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { el } = ensembles.dom;

  /** Hints with one of them replaced by what is typed: a text, or several between commas; empty takes it out. */
  function replaced(hints, key, text) {
    const { [key]: before, ...others } = hints;
    const values = text.split(',').map((one) => one.trim()).filter(Boolean);
    if (!values.length) { return others; }
    return { ...others, [key]: values.length > 1 || Array.isArray(before) ? values : values[0] };
  }

  /** Bring the fields to life; change(hints) is told of each change. Gives what shows other hints. */
  function open(keys, change) {
    const box = document.getElementById('sheet-hints');
    box.hidden = !keys.length;
    let now = {};
    const inputs = keys.map((key, place) => el('input', {
      id: 'sheet-hints-' + place, type: 'text', class: 'form-control', spellcheck: 'false',
      on: { input: ({ target }) => change(replaced(now, key, target.value)) },
    }));
    box.append(...keys.flatMap((key, place) => [el('label', { for: 'sheet-hints-' + place }, key), inputs[place]]));
    return (hints, anew) => {
      now = hints;
      if (!anew) { return; }
      inputs.forEach((input, place) => { input.value = [hints[keys[place]] || []].flat().join(', '); });
    };
  }

  ensembles.hints = { open, replaced };
}());
