// SPDX-License-Identifier: Apache-2.0
/* What is done by itself after a failure, as fields of the drawing; their values are those of the API. */
(function () {
  'use strict';
  const { ensembles } = globalThis;

  const CHOICES = ['mode', 'locked', 'rebalance'];
  const COUNTS = ['delay', 'at_once'];
  const field = (name) => document.getElementById('ens-recovery-' + name);

  /** Bring the fields in what has this id to life; change(recovery) is told of each change. Gives what shows another one. */
  function open(id, change) {
    let now = {};
    const first = Object.fromEntries(CHOICES.map((name) => [name, field(name).options[0].value]));

    function changed({ target }) {
      const name = [...CHOICES, ...COUNTS].find((one) => field(one) === target);
      if (!name) { return; }
      now = { ...now, [name]: COUNTS.includes(name) ? target.valueAsNumber : target.value };
      if (target.value === '') { delete now[name]; }
      bound();
      change(now);
    }

    /** What holds of servers that get other places by themselves is asked for where they do. */
    function bound() {
      for (const name of COUNTS) { field(name).closest('.form-group').hidden = now.mode !== 'auto'; }
    }

    document.getElementById(id).addEventListener('input', changed);
    return (wanted) => {
      now = wanted;
      for (const name of CHOICES) { field(name).value = wanted[name] || first[name]; }
      for (const name of COUNTS) {
        // What somebody is typing in stays.
        if (field(name) !== document.activeElement) { field(name).value = wanted[name] ?? ''; }
      }
      bound();
    };
  }

  ensembles.recovery = { open };
}());
