// SPDX-License-Identifier: Apache-2.0
/* The page where servers that run are adopted: what is chosen is asked about at once, and adopted as it was shown. */
(function () {
  'use strict';
  const {
    words, dom, api, adoptionRequest, serverChoice, proposal, currentState, tierLegend, rules, liveParts, detailsPlace,
  } = globalThis.ensembles;
  const { gettext, ngettext, fill } = words;
  const { el, fillIn, icon, errorLink } = dom;

  const PAUSE = 300; // ms without another edit before the API is asked

  const form = document.getElementById('ens-adopt');
  const data = dom.pageData();
  const server = api.open(data.session, form.querySelector('[name=csrfmiddlewaretoken]').value, {
    belongs: gettext('These servers belong to %(project)s.'), ended: gettext('Nothing was adopted.'),
  });
  const { part, put } = liveParts.open();
  const field = (name) => document.getElementById('ens-' + name);
  const asked = {
    name: '', policies: true, tiers: null,
    choice: { kind: 'server_group', server_group: '', tag: '', servers: [], stack: '' },
  };
  let named = false; // whether somebody has typed a name
  let there = { server_groups: [], servers: [], more: false, missing: [] };
  let shown = null; // the proposal that can be adopted as it is on the page
  let timer = 0;
  let control = null;
  // What of the proposal is drawn as on the page of an ensemble.
  const state = {
    adoption: null, ensemble: null, current: null, picture: { assignments: [], domains: [] }, legend: [], failed: new Set(),
    opened: new Set(), marked: null, failures: 1, leaving: false,
    get placed() { return this.picture.assignments.length > 0; },
  };
  const where = detailsPlace.open(state, { part, put });

  // --- What is chosen. ---

  function kind(name) {
    asked.choice.kind = name;
    field('from').querySelectorAll('[data-kind]').forEach((node) => { node.hidden = node.dataset.kind !== name; });
    chosen();
  }

  /** Something else is chosen: tiers that were named go with what they were made of. */
  function chosen() {
    asked.tiers = null;
    if (!named) {
      asked.name = adoptionRequest.suggestedName(asked.choice, there, data.session.project.name);
      field('name').value = asked.name;
    }
    edited();
  }

  function edited() {
    clearTimeout(timer);
    control?.abort();
    control = null;
    faults([]);
    if (!adoptionRequest.source(asked.choice)) {
      show(null);
      verdict('wait', 'pencil', gettext('Choose which servers.'));
    } else if (!asked.name.trim()) {
      hold();
      faults([{ id: 'ens-name', message: gettext('An ensemble needs a name.') }]);
      verdict('wait', 'pencil', gettext('Not complete yet.'), gettext('An ensemble needs a name.'));
    } else {
      hold();
      verdict('wait', 'wait', gettext('Looking at the servers…'));
      timer = setTimeout(look, PAUSE);
    }
  }

  /** Keep the proposal in sight while another one is asked for; it cannot be adopted any more. */
  function hold() {
    shown = null;
    bar();
  }

  async function look() {
    const sent = adoptionRequest.body(asked);
    const own = control = new AbortController();
    try {
      const { adoption } = await server.post(data.planUrl, sent, own.signal);
      if (own !== control) { return; }
      show(adoption);
      const left = adoption.left_out.length;
      verdict(adoption.degraded.length ? 'warn' : 'good', adoption.degraded.length ? 'warn' : 'good',
        proposal.headline(adoption), left ? fill(ngettext('%(count)s server is left out', '%(count)s servers are left out',
          left), { count: left }) + '.' : '');
    } catch (problem) {
      if (own === control) { refused(problem, sent); }
    }
  }

  /** Say what is wrong, at its field where it is about one. A name that is refused keeps its proposal in sight. */
  function refused(problem, sent) {
    const found = adoptionRequest.fault(problem, sent, there);
    if (!found.id || found.id === 'ens-from') { show(null); }
    faults(found.id ? [found] : []);
    verdict('bad', 'bad', gettext('Nothing can be adopted like this.'), found.message, problem);
  }

  // --- What comes of it. ---

  function show(adoption) {
    shown = adoption;
    part('proposal').hidden = !adoption;
    part('nothing').hidden = Boolean(adoption);
    bar();
    if (!adoption) { return; }
    const { survivability } = adoption;
    state.failed.clear();
    state.adoption = adoption;
    state.ensemble = { ...adoption.ensemble, status: 'ACTIVE' };
    state.current = survivability;
    state.legend = tierLegend.legend(adoption.ensemble.tiers);
    state.picture = currentState.shown({ members: [], domains: [] }, survivability, null);
    put('degraded', adoption.degraded, () => proposal.degraded(adoption));
    put('tiers', [adoption.members, state.legend], () => proposal.tiers(adoption, state.legend, rename));
    put('policies', [survivability.policies, survivability.violations], () => rules.policies(state.ensemble, survivability));
    put('mending', adoption.mending, () => proposal.mending(adoption, data.levels));
    put('left-out', adoption.left_out, () => proposal.leftOut(adoption));
    put('notes', [adoption.notes, adoption.warnings], () => proposal.notes(adoption));
    where.show();
  }

  function rename(place, name) {
    asked.tiers = adoptionRequest.renamed(state.adoption, place, name);
    edited();
  }

  function verdict(tone, sign, headline, more, problem) {
    const strip = field('verdict');
    strip.className = 'ens-verdict ens-verdict-' + tone;
    strip.dataset.tone = tone;
    fillIn(strip, icon(sign), el('span', {}, el('strong', {}, headline), ' ',
      el('span', { class: 'ens-verdict-more' }, more || '')), (problem && errorLink(problem)) || null);
  }

  /** Show these faults [{id, message}] at their fields, and no others. */
  function faults(found) {
    form.querySelectorAll('.ens-error').forEach((node) => { node.hidden = true; node.textContent = ''; });
    form.querySelectorAll('[aria-invalid]').forEach((node) => {
      node.removeAttribute('aria-invalid');
      node.removeAttribute('aria-describedby');
    });
    for (const { id, message } of found) {
      const node = document.getElementById(id + '-error');
      if (!node) { continue; }
      node.textContent = message;
      node.hidden = false;
      document.getElementById(id).setAttribute('aria-invalid', 'true');
      document.getElementById(id).setAttribute('aria-describedby', node.id);
    }
  }

  // --- What is done. ---

  function bar() {
    // Not `disabled`: the focus would be lost while it is asked anew.
    field('submit').setAttribute('aria-disabled', String(!shown));
  }

  async function submit() {
    if (!shown) { return; }
    const { plan } = shown;
    hold();
    verdict('wait', 'wait', gettext('Adopting…'));
    const sent = adoptionRequest.body(asked);
    try {
      const { url } = await server.post(data.adoptUrl, { ...sent, plan });
      globalThis.location.assign(url);
    } catch (problem) {
      refused(problem, sent);
    }
  }

  // --- The beginning. ---

  async function begin() {
    verdict('wait', 'wait', gettext('Looking for servers…'));
    try {
      there = await server.get(data.sourcesUrl);
    } catch (problem) {
      verdict('bad', 'warn', gettext('The servers could not be listed.'), problem.message, problem);
      return;
    }
    const { server_groups: groups, servers, missing, more } = there;
    fillIn(part('missing'), missing.length || more ? el('p', { class: 'alert alert-warning' },
      missing.length ? gettext('Not everything could be listed; load the page again to try once more.')
        : gettext('There are more servers than can be listed; a tag or a server group finds them all.')) : null);
    fillIn(field('server_group'), el('option', { value: '' }, groups.length ? gettext('Choose a server group')
      : gettext('There is no server group with servers')), groups.map((group) => el('option', { value: group.id },
      fill(ngettext('%(name)s (%(policy)s, %(count)s server)', '%(name)s (%(policy)s, %(count)s servers)', group.count),
        group))));
    fillIn(field('tags'), adoptionRequest.tags(servers).map((tag) => el('option', { value: tag })));
    serverChoice.open(part('servers'), servers, (ids) => { asked.choice.servers = ids; chosen(); });
    field('kind').value = groups.length ? 'server_group' : 'servers';
    field('from').disabled = false;
    kind(field('kind').value);
  }

  form.addEventListener('submit', (event) => { event.preventDefault(); submit(); });
  field('kind').addEventListener('change', ({ target }) => kind(target.value));
  field('server_group').addEventListener('change', ({ target }) => { asked.choice.server_group = target.value; chosen(); });
  for (const name of ['tag', 'stack']) {
    field(name).addEventListener('input', ({ target }) => { asked.choice[name] = target.value; chosen(); });
  }
  field('policies').addEventListener('change', ({ target }) => { asked.policies = target.checked; edited(); });
  field('name').addEventListener('input', ({ target }) => {
    asked.name = target.value;
    named = Boolean(target.value.trim());
    edited();
  });
  bar();
  begin();
}());
