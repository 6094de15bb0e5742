// SPDX-License-Identifier: Apache-2.0
/* What is done by itself after a failure, as fields of the drawing; their values are those of the API. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, level } = ensembles.words;
  const { el } = ensembles.dom;

  const CHOICES = ['mode', 'locked', 'rebalance'];
  const COUNTS = ['delay', 'at_once'];
  const field = (name) => document.getElementById('ens-recovery-' + name);

  /** Bring the fields in what has this id to life; change(recovery) is told of each change. Gives what shows another one. */
  function open(id, change, levels) {
    let now = {};
    field('reserve').append(...levels.map((name) => el('option', { value: name },
      fill(gettext('is held for the failure of any one %(level)s'), { level: level(name) }))));
    const first = Object.fromEntries(CHOICES.map((name) => [name, field(name).options[0].value]));

    function changed({ target }) {
      const name = [...CHOICES, ...COUNTS, 'reserve'].find((one) => field(one) === target);
      if (!name) { return; }
      now = { ...now, [name]: valueOf(name, target) };
      if (target.value === '') { delete now[name]; }
      bound();
      change(now);
    }

    function valueOf(name, target) {
      // Of how many at once it is, a file or a command says.
      if (name === 'reserve') { return { ...now.reserve, level: target.value }; }
      return COUNTS.includes(name) ? target.valueAsNumber : target.value;
    }

    /** What holds of servers that get other places by themselves is asked for where they do. */
    function bound() {
      for (const name of COUNTS) { field(name).closest('.form-group').hidden = now.mode !== 'auto'; }
    }

    document.getElementById(id).addEventListener('input', changed);
    return (wanted) => {
      now = wanted;
      for (const name of CHOICES) { field(name).value = wanted[name] || first[name]; }
      field('reserve').value = wanted.reserve?.level ?? '';
      for (const name of COUNTS) {
        // What somebody is typing in stays.
        if (field(name) !== document.activeElement) { field(name).value = wanted[name] ?? ''; }
      }
      bound();
    };
  }

  ensembles.recovery = { open };
}());
