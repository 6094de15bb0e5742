// SPDX-License-Identifier: Apache-2.0
/* The drawing page: keeps the draft, asks for plans, and brings the views up to date. */
(function () {
  'use strict';
  const { words, dom, layout, api, model, samples, store, problems, frame, preview, tierCard, policyRow } =
    globalThis.ensembles;
  const { gettext } = words;
  const { el, fillIn, badge } = dom;

  const PAUSE = 300; // ms of quiet before a plan is asked for

  const root = document.getElementById('ens-draw');
  const data = dom.pageData();
  const token = root.querySelector('[name=csrfmiddlewaretoken]').value;
  const kept = store.open(globalThis.sessionStorage, data.draftKey);
  const parts = frame.build(root, data, {
    name: (name) => type({ ...draft, name }),
    description: (description) => type({ ...draft, description }),
    sample: loadSample,
    addTier,
  });
  const failed = new Set(); // refs of the domains that were clicked

  let draft = kept.load() || samples.fresh(data.choices);
  let told = []; // problems that the API told: [{place, message}]
  let asked = null; // the AbortController of the plan under way
  let timer = 0;
  let submitting = false;

  // --- Changes: `type` leaves the fields alone, `change` draws the left side anew. ---

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
    unfolded: new Set(),
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
    const before = draft;
    change(samples.threeTier(data.choices));
    fillIn(parts.notice, el('p', { class: 'alert alert-info' }, gettext('The example is drawn.'), ' ', el('button', {
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
    fillIn(parts.between, frame.between(page));
    refresh();
    if (focused) { (document.getElementById(focused) || document.getElementById('ens-add-tier')).focus(); }
  }

  function relabel() {
    const entries = layout.legend(draft.tiers);
    page.legend = new Map(draft.tiers.map((tier, index) => [tier.key, entries[index]]));
  }

  /** Bring badges, names, sentences and problems up to date without touching a field. */
  function refresh() {
    relabel();
    for (const tier of draft.tiers) {
      fillIn(root.querySelector('[data-badge="' + tier.key + '"]'), badge(page.legend.get(tier.key)));
      root.querySelectorAll('[data-name="' + tier.key + '"]').forEach((node) => { node.textContent = tier.name; });
    }
    for (const policy of draft.policies) {
      root.querySelector('[data-sentence="' + policy.key + '"]').textContent = page.sentence(policy);
    }
    problems.show(root, [...model.problems(draft), ...told]);
  }

  // --- The plan. ---

  function show(state) {
    preview.show(root, parts, state, draft.tiers, failed);
  }

  function stopAsking() {
    clearTimeout(timer);
    if (asked) { asked.abort(); }
  }

  function schedule() {
    stopAsking();
    timer = setTimeout(ask, PAUSE);
  }

  async function ask() {
    const wrong = model.problems(draft);
    if (wrong.length) {
      show({ kind: 'incomplete', problem: describe(wrong[0]) });
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
    if (!plan.feasible) {
      refused(plan.reasons, plan.proved);
      return;
    }
    const refs = new Set(plan.domains.map((domain) => domain.ref));
    [...failed].filter((ref) => !refs.has(ref)).forEach((ref) => failed.delete(ref));
    show({ kind: 'fits', plan, at: new Date().toLocaleTimeString() });
  }

  function refused(reasons, proved) {
    told = reasons.filter((reason) => Number.isInteger(reason.policy) && draft.policies[reason.policy])
      .map(({ policy, message }) => {
        return { place: { kind: 'policy', key: draft.policies[policy].key, field: 'type' }, message };
      });
    refresh();
    show({ kind: 'refused', reasons, proved });
  }

  /** Show an error of the API: at its field if it names one, and in the strip. */
  function fault(problem) {
    const { reasons, proved, field } = problem.details || {};
    if (Array.isArray(reasons) && reasons.length) {
      refused(reasons, proved === true);
      return;
    }
    if (field) {
      told = [{ place: model.placeOf(draft, field), message: problem.message }];
      refresh();
    }
    show({ kind: 'error', message: problem.message });
  }

  // --- Submit. ---

  async function submit(event) {
    event.preventDefault();
    if (submitting) { return; }
    const wrong = model.problems(draft);
    if (!draft.name.trim()) {
      wrong.unshift({ place: { kind: 'ensemble', key: null, field: 'name' }, message: gettext('Give it a name.') });
    }
    if (wrong.length) {
      problems.show(root, wrong);
      problems.focus(wrong);
      return;
    }
    stopAsking();
    busy(true);
    show({ kind: 'submitting' });
    try {
      const created = await api.post(data.createUrl, { ensemble: model.body(draft) }, token);
      kept.clear();
      globalThis.location.assign(created.url);
    } catch (problem) {
      busy(false);
      fault(problem);
      problems.focus(told);
    }
  }

  function busy(on) {
    submitting = on;
    parts.submit.disabled = on;
    root.setAttribute('aria-busy', String(on));
  }

  // --- The beginning. ---

  if (new URLSearchParams(globalThis.location.search).get('sample') === 'three-tier') {
    draft = samples.threeTier(data.choices);
    kept.save(draft);
    // A reload must bring back what was drawn since, not the example.
    globalThis.history.replaceState(null, '', globalThis.location.pathname);
  }
  root.addEventListener('submit', submit);
  render();
  schedule();
}());
