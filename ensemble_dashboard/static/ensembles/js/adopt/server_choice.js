// SPDX-License-Identifier: Apache-2.0
/* The servers of a project to choose from: a list that is searched, and whose choices stay whatever is searched. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill } = ensembles.words;
  const { el, fillIn, typed } = ensembles.dom;

  const FEW = 7; // a list as short as this needs no search

  /** Those whose name or tags have a text in them. servers: [{id, name, status, tags}]. */
  function matching(servers, text) {
    const wanted = text.trim().toLocaleLowerCase();
    return servers.filter(({ name, tags }) => [name, ...tags].some((one) => one.toLocaleLowerCase().includes(wanted)));
  }

  /** Fill a node with the list. change(ids): what is chosen, in the order of the list. */
  function open(node, servers, change) {
    const chosen = new Set();
    const list = el('ul', { class: 'ens-boxes ens-adopt-servers', 'aria-label': gettext('Servers') });
    const said = el('p', { class: 'text-muted', role: 'status' });
    const search = el('input', {
      type: 'search', class: 'form-control', id: 'ens-search-servers', 'aria-label': gettext('Search for servers'),
      placeholder: gettext('A part of the name, or of a tag'), hidden: servers.length <= FEW, on: { input: show },
    });

    function show() {
      const found = matching(servers, search.value);
      fillIn(list, found.map(({ id, name, status, tags }) => el('li', {}, el('label', {},
        el('input', {
          type: 'checkbox', value: id, checked: chosen.has(id), on: { change: ({ target }) => choose(id, target.checked) },
        }), el('span', { class: 'ens-wrap' }, typed(name)), el('span', { class: 'ens-term' }, status),
        tags.map((tag) => el('span', { class: 'ens-chip' }, tag))))));
      list.hidden = !found.length;
      tell(found.length);
    }

    function choose(id, wanted) {
      if (wanted) { chosen.add(id); } else { chosen.delete(id); }
      tell(list.children.length);
      change(servers.map((server) => server.id).filter((one) => chosen.has(one)));
    }

    function tell(count) {
      if (!servers.length) { said.textContent = gettext('There is no server in this project.'); return; }
      const number = fill(ngettext('%(count)s server chosen.', '%(count)s servers chosen.', chosen.size),
        { count: chosen.size });
      said.textContent = count ? number : gettext('No server has that in its name or tags.') + ' ' + number;
    }

    fillIn(node, search, list, said);
    show();
  }

  ensembles.serverChoice = { matching, open };
}());
