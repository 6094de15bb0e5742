// SPDX-License-Identifier: Apache-2.0
/* A key pair made or imported in place. The private key of a new one is saved as a file at once, and kept nowhere. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el, fillIn, icon } = ensembles.dom;

  const part = (name) => document.getElementById('sheet-newKey-' + name);

  function save(text, name) {
    const link = el('a', {
      href: URL.createObjectURL(new Blob([text], { type: 'application/x-pem-file' })), download: name + '.pem',
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href));
  }

  /** make(body): has it made, a promise of {name, private_key}; made(name): it is there and can be chosen. */
  function open(make, made) {
    const told = part('told');
    const imports = () => part('import').checked;

    function shown() { part('public').closest('div').hidden = !imports(); }

    async function go() {
      const body = { name: part('name').value, ...(imports() ? { public_key: part('public').value } : {}) };
      part('go').disabled = true;
      try {
        const { name, private_key: secret } = await make(body);
        if (secret) { save(secret, name); }
        fillIn(told, icon('good'), ' ', fill(secret
          ? gettext('%(name)s is made and chosen. Its private key was saved as a file; nobody else has it.')
          : gettext('%(name)s is imported and chosen.'), { name }));
        part('name').value = '';
        part('public').value = '';
        made(name);
      } catch (problem) {
        fillIn(told, el('span', { class: 'ens-bad' }, icon('warn'), ' ', problem.message));
      }
      part('go').disabled = false;
    }

    for (const way of ['make', 'import']) { part(way).addEventListener('change', shown); }
    part('go').addEventListener('click', go);
    part('name').addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') { return; }
      event.preventDefault(); // it would submit the drawing
      go();
    });
    shown();
  }

  ensembles.keyPair = { open };
}());
