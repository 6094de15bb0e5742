// SPDX-License-Identifier: Apache-2.0
/* Scripts that are fetched when they are first wanted: the page names them in a <template>, which loads nothing. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const asked = new Map();

  /** Run what the template #ens-lazy-<name> names, once; a promise of all our modules. What failed is tried again. */
  function load(name) {
    if (!asked.has(name)) {
      const named = document.getElementById('ens-lazy-' + name).content.querySelectorAll('script');
      const all = Promise.all([...named].map(run)).then(() => ensembles);
      asked.set(name, all);
      all.catch(() => asked.delete(name));
    }
    return asked.get(name);
  }

  function run(named) {
    return new Promise((resolve, reject) => {
      const script = document.createElement('script');
      script.async = false; // in the order of the template
      script.addEventListener('load', resolve);
      script.addEventListener('error', () => reject(new Error(script.src)));
      script.src = named.getAttribute('src');
      document.head.append(script);
    });
  }

  ensembles.lazyScripts = { load };
}());
