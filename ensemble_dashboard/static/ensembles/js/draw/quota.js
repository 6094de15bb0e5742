// SPDX-License-Identifier: Apache-2.0
/* The project's quota: what is used so far, and what the whole drawing adds to it. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el, icon } = ensembles.dom;
  const EVERY = 60000; // ms

  /**
   * What the drawing asks of the quota: [{name, used, adds, limit, over}], limit null for none. quota: {instances,
   * vcpus, ram: {used, limit}}; flavor(id) gives {vcpus, ram}, undefined for one that is not known.
   */
  function figures(tiers, quota, flavor) {
    const adds = { instances: 0, vcpus: 0, ram: 0 };
    for (const { count, flavor: id } of tiers) {
      const { vcpus, ram } = flavor(id) || { vcpus: 0, ram: 0 };
      adds.instances += count || 0;
      adds.vcpus += (count || 0) * vcpus;
      adds.ram += (count || 0) * ram;
    }
    return Object.keys(adds).filter((name) => quota && quota[name]).map((name) => {
      const { used, limit } = quota[name];
      return { name, used, adds: adds[name], limit, over: limit !== null && used + adds[name] > limit };
    });
  }

  /** "Instances: 3 in use, 8 more with this drawing, of 10." */
  function words({ name, used, adds, limit, over }) {
    const sentence = {
      instances: limit === null ? gettext('Instances: %(used)s in use, %(adds)s more with this drawing, no limit.')
        : gettext('Instances: %(used)s in use, %(adds)s more with this drawing, of %(limit)s.'),
      vcpus: limit === null ? gettext('vCPUs: %(used)s in use, %(adds)s more with this drawing, no limit.')
        : gettext('vCPUs: %(used)s in use, %(adds)s more with this drawing, of %(limit)s.'),
      ram: limit === null ? gettext('RAM: %(used)s GB in use, %(adds)s GB more with this drawing, no limit.')
        : gettext('RAM: %(used)s GB in use, %(adds)s GB more with this drawing, of %(limit)s GB.'),
    }[name];
    const shown = (amount) => (name === 'ram' ? Math.round(amount / 102.4) / 10 : amount);
    const said = fill(sentence, { used: shown(used), adds: shown(adds), limit: shown(limit || 0) });
    if (!over) { return said; }
    return fill(gettext('%(quota)s That is %(over)s too many.'), { quota: said, over: shown(used + adds - limit) });
  }

  /** The bars, of what has a limit; what is used and what comes to it are told apart by pattern too. */
  function bars(figured) {
    return el('ul', { class: 'ens-quota', 'aria-label': gettext('Quota') }, figured.map((one) => {
      const most = one.limit;
      const part = (look, amount, room) => {
        const bar = el('span', { class: 'ens-quota-' + look });
        bar.style.inlineSize = (most ? 100 * Math.min(amount, room) / most : 100) + '%';
        return bar;
      };
      return el('li', { class: one.over ? 'is-over' : null, 'data-quota': one.name },
        one.limit === null ? null : el('span', { class: 'ens-quota-bar', 'aria-hidden': 'true' },
          part('used', one.used, most), part('adds', one.adds, Math.max(0, most - one.used))),
        el('span', { class: 'ens-quota-words' }, one.over ? icon('warn') : null, one.over ? ' ' : null, words(one)));
    }));
  }

  /** Ask for the quota again while somebody looks: ask() gives a promise of it, told(quota) is what to do with it. */
  function follow(ask, told) {
    const look = () => { if (!document.hidden) { ask().then(told, () => {}); } };
    setInterval(look, EVERY);
    document.addEventListener('visibilitychange', look);
  }

  ensembles.quota = { figures, words, bars, follow };
}());
