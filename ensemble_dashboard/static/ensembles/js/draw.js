// SPDX-License-Identifier: Apache-2.0
/* The drawing page: keeps the draft, asks for plans, and brings the views up to date. */
(function () {
  'use strict';
  const { words, dom, layout, api, map, failures, model, samples, store, tierCard, policyRow, verdict } =
    globalThis.ensembles;
  const { gettext, fill } = words;
  const { el, fillIn, icon, badge } = dom;

  const PAUSE = 300; // ms of quiet before a plan is asked for

  const root = document.getElementById('ens-draw');
  const data = dom.pageData();
  const token = root.querySelector('[name=csrfmiddlewaretoken]').value;
  const kept = store.open(globalThis.sessionStorage, data.draftKey);

  let draft = kept.load() || samples.fresh(data.choices);
  let before = null; // the draft that a sample or a fresh start replaced
  let told = []; // problems that the API told: [{place, message}]
  let state = { kind: 'asking' };
  let asked = null; // the AbortController of the plan under way
  let timer = 0;
  let submitting = false;
  const failed = new Set();
  const unfolded = new Set();
  const parts = frame();

  // --- The frame, made once: name and tiers on the left, preview on the right, strip below. ---

  function frame() {
    const made = {
      name: el('input', {
        id: 'ens-name', class: 'form-control', type: 'text', required: true, value: draft.name,
        on: { input: (event) => type({ ...draft, name: event.target.value }) },
      }),
      description: el('input', {
        id: 'ens-description', class: 'form-control', type: 'text', value: draft.description,
        on: { input: (event) => type({ ...draft, description: event.target.value }) },
      }),
      notice: el('div', { class: 'ens-notice', role: 'status' }),
      tiers: el('ol', { class: 'ens-cards', id: 'ens-tiers' }),
      between: el('div', { id: 'ens-between' }),
      key: el('div', {}),
      picture: el('div', { id: 'ens-picture' }),
      tried: el('div', { id: 'ens-tried', 'aria-live': 'polite' }),
      worst: el('div', { id: 'ens-worst' }),
      table: el('div', {}),
      remarks: el('div', {}),
      verdict: el('div', { id: 'ens-verdict', class: 'ens-verdict', role: 'status', 'aria-live': 'polite' }),
      submit: el('button', { id: 'ens-submit', type: 'submit', class: 'btn btn-primary' },
        icon('check'), ' ', gettext('Create Ensemble')),
    };
    fillIn(root, root.querySelector('[name=csrfmiddlewaretoken]'),
      el('div', { class: 'ens-columns' },
        el('section', { class: 'ens-drawing', 'aria-label': gettext('Drawing') },
          missing(), made.notice,
          el('div', { class: 'ens-name' },
            field('ens-name', gettext('Name'), made.name), field('ens-description', gettext('Description'), made.description)),
          el('div', { class: 'ens-heading' }, el('h2', {}, gettext('Tiers')),
            el('button', { id: 'ens-sample', type: 'button', class: 'btn btn-default btn-sm', on: { click: loadSample } },
              gettext('Start from example: web + cache + database'))),
          made.tiers, tierCard.error('ens-tiers'),
          el('button', { id: 'ens-add-tier', type: 'button', class: 'btn btn-default ens-add', on: { click: addTier } },
            icon('plus'), ' ', gettext('Add a tier')),
          made.between),
        el('section', { class: 'ens-preview', 'aria-label': gettext('Preview') },
          el('h2', {}, gettext('Preview')), made.key, made.picture, made.tried,
          el('h3', {}, gettext('The worst single failure')), made.worst, made.table, made.remarks)),
      el('div', { class: 'ens-strip' }, made.verdict, el('div', { class: 'ens-strip-buttons' },
        el('a', { class: 'btn btn-default', href: data.indexUrl }, gettext('Cancel')), made.submit)));
    root.addEventListener('submit', submit);
    return made;
  }

  function field(id, label, input) {
    return el('div', { class: 'form-group' }, el('label', { for: id }, label), input, tierCard.error(id));
  }

  function missing() {
    const names = {
      flavors: gettext('flavors'), images: gettext('images'), networks: gettext('networks'),
      key_pairs: gettext('key pairs'), security_groups: gettext('security groups'),
    };
    if (!data.choices.missing.length) { return null; }
    return el('p', { class: 'alert alert-warning' }, fill(gettext('Not all could be listed: %(names)s.'),
      { names: words.list(data.choices.missing.map((name) => names[name])) }));
  }

  // --- Changes. `type` leaves the fields alone, `change` draws the left side anew. ---

  function type(next) {
    accept(next);
    refresh();
  }

  function change(next) {
    accept(next);
    render();
  }

  function accept(next) {
    draft = next;
    told = [];
    kept.save(draft);
    schedule();
  }

  const page = {
    get draft() { return draft; },
    choices: data.choices,
    levels: data.levels,
    unfolded,
    legend: new Map(),
    type: (key, values) => type(model.changeTier(draft, key, values)),
    change: (key, values) => change(model.changeTier(draft, key, values)),
    duplicate: (key) => change(model.duplicateTier(draft, key)),
    remove: (key) => change(model.removeTier(draft, key)),
    addPolicy: (values) => change(model.addPolicy(draft, values)),
    typePolicy: (key, values) => type(model.changePolicy(draft, key, values)),
    changePolicy: (key, values) => change(model.changePolicy(draft, key, values)),
    removePolicy: (key) => change(model.removePolicy(draft, key)),
    policyRow: (policy) => policyRow.row(policy, page),
    sentence: (policy) => words.policy(model.ruleOf(draft, policy)),
  };

  function addTier() {
    change(model.addTier(draft, samples.firstChoices(data.choices)));
    document.getElementById(draft.tiers[draft.tiers.length - 1].key + '-name').select();
  }

  function loadSample() {
    before = draft;
    change(samples.threeTier(data.choices));
    notice(gettext('The example is drawn.'));
  }

  function notice(text) {
    fillIn(parts.notice, el('p', { class: 'alert alert-info' }, text, ' ', el('button', {
      type: 'button', class: 'btn btn-link', on: { click: () => { change(before); fillIn(parts.notice); } },
    }, gettext('Bring back what was there'))));
  }

  // --- The left side. ---

  /** Draw the tiers and policies anew; the focus stays where it was. */
  function render() {
    const focused = document.activeElement && document.activeElement.id;
    parts.name.value = draft.name;
    parts.description.value = draft.description;
    relabel();
    fillIn(parts.tiers, draft.tiers.map((tier) => tierCard.card(tier, page)));
    fillIn(parts.between, between());
    refresh();
    const again = focused && document.getElementById(focused);
    if (again) { again.focus(); } else if (focused) { document.getElementById('ens-add-tier').focus(); }
  }

  function between() {
    const shared = draft.policies.filter((policy) => policy.between);
    if (draft.tiers.length < 2) { return null; }
    const keys = draft.tiers.slice(0, 2).map((tier) => tier.key);
    const adder = (id, kind, level, sign, text) => el('button', {
      id, type: 'button', class: 'btn btn-default btn-xs',
      on: { click: () => page.addPolicy({ type: kind, level, between: true, tiers: keys }) },
    }, icon(sign), ' ', text);
    return [
      el('h2', {}, gettext('Between tiers')),
      el('ul', { class: 'ens-plain ens-card' + (shared.length ? '' : ' hidden') }, shared.map((policy) => page.policyRow(policy))),
      el('div', { class: 'ens-adders' },
        adder('ens-together', 'affinity', 'zone', 'compress', gettext('Keep tiers together')),
        adder('ens-apart', 'anti-affinity', 'host', 'arrows-h', gettext('Keep tiers apart'))),
    ];
  }

  function relabel() {
    const entries = layout.legend(draft.tiers);
    page.legend = new Map(draft.tiers.map((tier, index) => [tier.key, entries[index]]));
  }

  /** Bring badges, sentences and errors up to date without touching a field. */
  function refresh() {
    relabel();
    for (const tier of draft.tiers) {
      fillIn(root.querySelector('[data-badge="' + tier.key + '"]'), badge(page.legend.get(tier.key)));
      root.querySelectorAll('[data-name="' + tier.key + '"]').forEach((node) => { node.textContent = tier.name; });
    }
    for (const policy of draft.policies) {
      const sentence = root.querySelector('[data-sentence="' + policy.key + '"]');
      if (sentence) { sentence.textContent = page.sentence(policy); }
    }
    showProblems([...model.problems(draft), ...told]);
  }

  /** Show each problem at its field, and tell the field so. */
  function showProblems(problems) {
    root.querySelectorAll('.ens-error').forEach((node) => { node.hidden = true; node.textContent = ''; });
    root.querySelectorAll('[aria-invalid]').forEach((node) => {
      node.removeAttribute('aria-invalid');
      node.removeAttribute('aria-describedby');
    });
    for (const { place, message } of problems) {
      const id = idOf(place);
      const node = document.getElementById(id + '-error') || document.getElementById('ens-name-error');
      node.textContent = node.textContent ? node.textContent + ' ' + message : message;
      node.hidden = false;
      const input = document.getElementById(id);
      if (input) {
        input.setAttribute('aria-invalid', 'true');
        input.setAttribute('aria-describedby', node.id);
        const folded = input.closest('details');
        if (folded) { folded.open = true; }
      }
    }
  }

  function idOf(place) {
    return place.key ? place.key + '-' + place.field : 'ens-' + place.field;
  }

  // --- The plan. ---

  function schedule() {
    clearTimeout(timer);
    if (asked) { asked.abort(); }
    timer = setTimeout(preview, PAUSE);
  }

  async function preview() {
    const problems = model.problems(draft);
    if (problems.length) {
      show({ kind: 'incomplete', problem: describe(problems[0]) });
      return;
    }
    const control = asked = new AbortController();
    show({ kind: 'asking' });
    try {
      const answer = await api.post(data.planUrl, { ensemble: model.body(draft, 'preview') }, token, control.signal);
      if (control === asked) { planned(answer.plan); }
    } catch (problem) {
      if (problem.name !== 'AbortError' && control === asked) { fault(problem); }
    }
  }

  function describe({ place, message }) {
    const tier = draft.tiers.find((one) => one.key === place.key);
    return tier ? tier.name + ': ' + message : message;
  }

  function planned(plan) {
    if (plan.feasible) {
      const refs = new Set(plan.domains.map((domain) => domain.ref));
      [...failed].filter((ref) => !refs.has(ref)).forEach((ref) => failed.delete(ref));
      show({ kind: 'fits', plan, at: new Date().toLocaleTimeString() });
    } else {
      refused(plan.reasons, plan.proved);
    }
  }

  function refused(reasons, proved) {
    told = reasons.filter((reason) => Number.isInteger(reason.policy) && draft.policies[reason.policy])
      .map((reason) => ({
        place: { kind: 'policy', key: draft.policies[reason.policy].key, field: 'type' }, message: reason.message,
      }));
    refresh();
    show({ kind: 'refused', reasons, proved });
  }

  /** Show an error of the API: at its field if it names one, and in the strip. */
  function fault(problem) {
    const details = problem.details || {};
    if (Array.isArray(details.reasons) && details.reasons.length) {
      refused(details.reasons, details.proved === true);
      return;
    }
    if (details.field) {
      told = [{ place: model.placeOf(draft, details.field), message: problem.message }];
      refresh();
    }
    show({ kind: 'error', message: problem.message });
  }

  function show(next) {
    state = next;
    root.dataset.state = state.kind;
    verdict.show(parts.verdict, state);
    root.classList.toggle('is-stale', state.kind === 'asking');
    if (state.kind === 'asking' || state.kind === 'submitting') { return; }
    const tiers = layout.legend(draft.tiers);
    const fits = state.kind === 'fits';
    fillIn(parts.key, fits ? map.key(tiers) : null);
    fillIn(parts.picture, pictured(tiers));
    fillIn(parts.worst, fits ? failures.worst(state.plan, tiers) : el('p', { class: 'text-muted' }, gettext('No plan yet.')));
    fillIn(parts.table, fits ? map.table(state.plan) : null);
    fillIn(parts.remarks, fits ? verdict.remarks(state) : null);
    retry();

    function retry() {
      fillIn(parts.tried, fits ? failures.tried(state.plan, tiers, failed) : null);
    }

    function pictured() {
      if (fits) { return map.picture(state.plan, tiers, failed, retry); }
      if (state.kind === 'refused') { return verdict.reasons(state); }
      return el('p', { class: 'ens-nothing' }, state.kind === 'error' ? state.message : state.problem);
    }
  }

  // --- Submit. ---

  async function submit(event) {
    event.preventDefault();
    if (submitting) { return; }
    const problems = model.problems(draft);
    if (!draft.name.trim()) {
      problems.unshift({ place: { kind: 'ensemble', key: null, field: 'name' }, message: gettext('Give it a name.') });
    }
    if (problems.length) {
      showProblems(problems);
      const first = document.getElementById(idOf(problems[0].place));
      if (first) { first.focus(); }
      return;
    }
    clearTimeout(timer);
    if (asked) { asked.abort(); }
    busy(true);
    show({ kind: 'submitting' });
    try {
      const created = await api.post(data.createUrl, { ensemble: model.body(draft) }, token);
      kept.clear();
      globalThis.location.assign(created.url);
    } catch (problem) {
      busy(false);
      fault(problem);
    }
  }

  function busy(on) {
    submitting = on;
    parts.submit.disabled = on;
    root.setAttribute('aria-busy', String(on));
  }

  const wanted = new URLSearchParams(globalThis.location.search).get('sample');
  if (wanted === 'three-tier') {
    draft = samples.threeTier(data.choices);
    kept.save(draft);
    // A reload must bring back what was drawn since, not the example.
    globalThis.history.replaceState(null, '', globalThis.location.pathname);
  }
  render();
  schedule();
}());
