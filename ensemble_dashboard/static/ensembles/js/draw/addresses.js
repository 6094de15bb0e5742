// SPDX-License-Identifier: Apache-2.0
/* Fixed addresses of a tier's members: a field for each network that its servers are attached to. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el } = ensembles.dom;

  /** What is typed as the API has it: a range "10.0.0.5-10.0.0.9" as it is, else a list. */
  function read(text) {
    if (text.includes('-')) { return text.trim(); }
    return text.split(/[\s,]+/).filter(Boolean);
  }

  function written(addresses) {
    return Array.isArray(addresses) ? addresses.join(', ') : addresses;
  }

  /** Addresses with those of one network replaced; without any it has none. */
  function replaced(fixedIps, network, text) {
    const others = fixedIps.filter((one) => one.network !== network);
    const addresses = read(text);
    return addresses.length ? [...others, { network, addresses }] : others;
  }

  /**
   * Bring the fields to life. change(fixedIps) is told of each change, name(network) is what a network is called. Gives
   * what shows others: show(networks, fixedIps); fields of the same networks stay as they are, and so does the cursor.
   */
  function open(change, name) {
    const box = document.getElementById('sheet-fixedIps');
    let shown = '';
    let now = [];

    function field(network, place) {
      const id = 'sheet-fixedIps-' + place;
      const value = written(now.find((one) => one.network === network)?.addresses || '');
      return [
        el('label', { for: id }, fill(gettext('Addresses on %(network)s'), { network: name(network) })),
        el('input', {
          id, type: 'text', class: 'form-control', spellcheck: 'false', value, placeholder: '10.0.0.5-10.0.0.9',
          on: { input: ({ target }) => change(replaced(now, network, target.value)) },
        }),
      ];
    }

    return (networks, fixedIps, anew) => {
      now = fixedIps;
      const wanted = networks.join();
      if (wanted === shown && !anew) { return; }
      shown = wanted;
      box.replaceChildren(...networks.flatMap(field));
    };
  }

  ensembles.addresses = { open, read, written, replaced };
}());
