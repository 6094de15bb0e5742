// SPDX-License-Identifier: Apache-2.0
/* The drawing page: keeps the draft, asks for plans, and brings the views up to date. */
(function () {
  'use strict';
  const {
    words, dom, tierLegend, api, model, history, stepLabels, newDraft, starts, savedDrafts, firstDraft, fieldErrors, frame,
    cardFocus, shortcuts, verdict, submit, dryRun, tierCard, policyChip, policyWords, edges,
    catalog, quota, lazyScripts, formats,
  } = globalThis.ensembles;
  const { gettext, fill } = words;
  const { el, fillIn, icon, badge } = dom;

  const root = document.getElementById('ens-draw');
  const data = dom.pageData();
  const server = api.open(data.session, root.querySelector('[name=csrfmiddlewaretoken]').value, {
    belongs: gettext('This drawing belongs to %(project)s.'), ended: gettext('Nothing drawn here is lost.'),
  });
  const kept = savedDrafts.open(globalThis.sessionStorage, data.draftsOf, data.session.project);
  const act = {
    name: (name) => type({ ...draft, name }),
    description: (description) => type({ ...draft, description }),
    start: (id) => startFrom(data.starts.find((start) => start.id === id)),
    undo: () => travel(history.undo(past), gettext('Undone: %(step)s'), stepLabels.back(past)),
    redo: () => travel(history.redo(past), gettext('Done again: %(step)s'), stepLabels.again(past)),
    addTier,
  };
  const parts = frame.build(act);
  const board = cardFocus.open(parts.tiers);
  let textChanged = null; // tells the text beside the drawing, once it was looked at
  const lists = catalog.open(data.choices, (kind, query, signal) =>
    server.get(data.choicesUrl.replace('kind', kind) + '?' + query, signal));
  let sheet = null; // made when it is first wanted

  let past = firstDraft.begin(kept, data);
  let draft = past.now;
  let unmet = new Map(); // a policy's key -> what the last plan leaves of it
  let told = []; // problems that the API told: [{place, message}]
  let state = { kind: 'asking' }; // what the preview shows; its kinds are told in verdict.js
  let shown = null; // the plan of what is drawn, once it is there

  const dry = dryRun.open((query, signal) =>
    server.post(data.planUrl + query, { ensemble: model.body(draft, 'preview') }, signal)
      .then((answer) => answer.plan),
  {
    ready, asking: () => show({ kind: 'asking' }), planned, failed: fault,
    room: (plan) => learn(plan, { rooms: 'unknown', plan: { ...shown, survivability: plan.survivability } }),
    roomFailed: () => view.learn({ rooms: 'unknown' }),
    fell: (plan) => learn(plan, { failed: plan.failed || {} }),
    fellFailed: () => view.learn({ failed: {} }),
  });
  const unreachable = () =>
    show({ kind: 'error', message: gettext('The dashboard does not answer. Is the network there?') });
  let view = { show() {}, learn() {} }; // the preview; it comes while the first plan is made
  lazyScripts.load('answer').then(({ preview }) => {
    view = preview.open(root, parts, {
      drawing: () => model.body(draft, 'preview'), change: takeChange, again: dry.schedule, fail: dry.fail,
      build: () => build.send(shown.id), keep: () => { fits(shown, null); dry.schedule(); },
    });
    view.show(state);
  }, unreachable);
  const build = submit.open((body) => server.post(data.createUrl, body), {
    body: () => model.body(draft), busy, changed,
    failed: (problem) => { fault(problem); fieldErrors.focus(told); },
    done: (url) => { kept.clear(); globalThis.location.assign(url); },
  });

  // --- Changes: `type` leaves the fields alone, `change` draws the left side anew. ---

  function type(next) {
    // Whatever is typed in one field, until it is left, is one step to take back.
    accept(history.record(past, next, { field: document.activeElement.id }));
    refresh();
  }

  /** step: {label: what is said of it when it can be taken back, offered}, as history.js has it. */
  function change(next, step) {
    accept(history.record(past, next, step));
    render();
  }

  function travel(next, said, step) {
    if (next === past) { return; }
    accept(next);
    render();
    parts.said.textContent = fill(said, { step });
  }

  function accept(next) {
    // A name changes nothing about whether it fits.
    if (next.now.tiers !== draft.tiers || next.now.policies !== draft.policies) {
      mayCreate(true);
      shown = null;
    }
    past = next;
    draft = next.now;
    told = [];
    kept.save(draft);
    dry.schedule();
    if (textChanged) { textChanged(); }
    tellPast();
  }

  /** Say what can be taken back and again. */
  function tellPast() {
    frame.tellSteps(parts, stepLabels.back(past), stepLabels.again(past));
    tellTaken();
  }

  const page = {
    get draft() { return draft; },
    choices: data.choices,
    levels: data.levels,
    catalogue: lists,
    quota: () => quota.figures(draft.tiers, data.choices.quota, (id) => lists.get('flavors', id)),
    details(key, field) {
      lazyScripts.load('sheet').then((ours) => {
        sheet ||= ours.serverSheet.make(page);
        sheet.show(key, field);
        refresh();
      }, unreachable);
    },
    legend: new Map(),
    type: (key, values) => type(model.changeTier(draft, key, values)),
    change: (key, values) => change(model.changeTier(draft, key, values)),
    duplicate: (key) => change(model.duplicateTier(draft, key)),
    remove: (key) => change(model.removeTier(draft, key)),
    addPolicy: (values) => change(model.addPolicy(draft, values)),
    typePolicy: (key, values) => type(model.changePolicy(draft, key, values)),
    changePolicy: (key, values) => change(model.changePolicy(draft, key, values)),
    removePolicy: (key) => change(model.removePolicy(draft, key)),
    sentence: (policy) => policyWords.sentence(model.ruleOf(draft, policy)),
  };

  function startFrom(start) {
    change(starts.draw(start, data, draft),
      { label: fill(gettext('start from “%(template)s”'), { template: start.title }) });
  }

  /** Bring the drawing as text, and text as a drawing, to life: most people never look at it. */
  async function wakeText() {
    const { textTabs, yamlImport, document: { drawing } } = await lazyScripts.load('text');
    if (textChanged) { return; }
    textChanged = textTabs.open(parts,
      () => server.post(data.writeUrl, { ensemble: model.written(draft) }).then((answer) => answer.file));
    yamlImport.open((text) => server.post(data.readUrl, { text }).then((answer) => answer.ensemble),
      (read) => change(drawing(read), { label: gettext('import YAML') }));
  }

  /** Get to know what is chosen and was not among what the page came with. */
  function acquaint() {
    const of = (kind, field) => lists.learn(kind, draft.tiers.flatMap((tier) => tier[field] || []));
    const unknown = draft.tiers.filter((tier) => tier.image && !lists.image(tier)).map((tier) => tier.image);
    const asked = [
      of('flavors', 'flavor'), lists.learn('images', unknown), lists.learn('snapshots', unknown),
      lists.learn('networks', draft.tiers.flatMap((tier) => (Array.isArray(tier.networks) ? tier.networks : []))),
      of('security_groups', 'securityGroups'),
    ];
    Promise.allSettled(asked).then((answers) => { if (answers.some((answer) => answer.value)) { render(); } });
  }

  function addTier() {
    change(model.addTier(draft, newDraft.firstChoices(data.choices)));
    document.getElementById(draft.tiers[draft.tiers.length - 1].key + '-name').select();
  }

  // --- The left side. ---

  /** Draw the tiers and policies anew. */
  function render() {
    parts.name.value = draft.name;
    parts.description.value = draft.description;
    relabel();
    board.redraw(() => {
      fillIn(parts.tiers, draft.tiers.length
        ? draft.tiers.map((tier) => el('li', {}, tierCard.card(tier, page), edges.links(tier, page)))
        : frame.nothing());
      fillIn(parts.between, frame.between(page));
    });
    refresh();
    acquaint();
  }

  function relabel() {
    const entries = tierLegend.legend(draft.tiers);
    page.legend = new Map(draft.tiers.map((tier, index) => [tier.key, entries[index]]));
  }

  /** Bring badges, names, sentences and problems up to date without touching a field. */
  function refresh() {
    relabel();
    for (const tier of draft.tiers) {
      fillIn(root.querySelector('[data-badge="' + tier.key + '"]'), badge(page.legend.get(tier.key)));
      document.getElementById(tier.key + '-card').setAttribute('aria-label',
        fill(gettext('Tier %(tier)s, %(members)s'), { tier: tier.name, members: words.members(tier.count || 0) }));
      root.querySelectorAll('[data-name="' + tier.key + '"]').forEach((node) => { node.textContent = tier.name; });
    }
    const wrong = [...model.problems(draft), ...model.questions(draft), ...told];
    fieldErrors.show(root, wrong);
    policyChip.refresh(root, page, wrong, unmet);
    edges.draw(page);
    fillIn(parts.quota, quota.bars(page.quota()));
    if (sheet) { sheet.update(wrong); }
  }

  // --- The plan. ---

  function show(next) {
    state = next;
    root.dataset.state = state.kind;
    root.classList.toggle('is-stale', state.kind === 'asking');
    verdict.show(parts.verdict, state);
    // Only what is proved not to fit is kept from the API, which has the last word on all else.
    if (state.kind !== 'asking') { mayCreate(state.kind !== 'refused' || !state.proved); }
    view.show(state);
  }

  /** Say whether creating makes sense; a button that is only marked can still be reached and asked why. */
  function mayCreate(may) {
    if (!data.mayCreate) { return; }
    const marks = { 'aria-disabled': 'true', 'aria-describedby': 'ens-verdict', title: gettext('This does not fit.') };
    for (const [name, value] of Object.entries(marks)) {
      if (may) { parts.submit.removeAttribute(name); } else { parts.submit.setAttribute(name, value); }
    }
  }

  function ready() {
    const wrong = model.problems(draft);
    if (wrong.length) { show({ kind: 'incomplete', problem: describe(wrong[0]) }); }
    return !wrong.length;
  }

  function describe({ place, message }) {
    const tier = draft.tiers.find((one) => one.key === place.key);
    return tier ? tier.name + ': ' + message : message;
  }

  function planned(plan) {
    if (plan.feasible) { fits(plan, 'asked'); } else { refused(plan.reasons, plan.proved, plan); }
  }

  /** rooms: as failures.worst takes it. */
  function fits(plan, rooms) {
    shown = plan;
    unmet = new Map(plan.violations.map((one) => [draft.policies[one.policy]?.key, one.message]));
    refresh();
    show({ kind: 'fits', plan, rooms, at: formats.clock(Date.now()) });
  }

  /** More about the plan that is shown; a cloud that has changed meanwhile gave another one. */
  function learn(plan, more) {
    if (!shown) { return; }
    if (!plan.feasible || JSON.stringify(plan.assignments) !== JSON.stringify(shown.assignments)) {
      dry.schedule();
      return;
    }
    shown = { ...(more.plan || shown), id: plan.id };
    view.learn({ ...more, plan: shown });
  }

  /** plan: the whole answer, which may tell where members could be all the same. */
  function refused(reasons, proved, plan) {
    shown = null;
    told = reasons.filter((reason) => Number.isInteger(reason.policy) && draft.policies[reason.policy])
      .map(({ policy, message }) => {
        return { place: { kind: 'policy', key: draft.policies[policy].key, field: 'type' }, message };
      });
    unmet = new Map();
    refresh();
    // The steps of a change go by the drawing that was planned, which is this one until something is typed.
    const offered = reasons.map((reason) => {
      return {
        ...reason,
        changes: (reason.changes || []).map((one) => ({ ...one, steps: model.stepsOf(draft, one.edits) })),
      };
    });
    show({ kind: 'refused', reasons: offered, proved, plan });
  }

  // --- Changes that would make it fit. ---

  function takeChange({ message, steps: taken }) {
    change(model.take(draft, taken), { label: message, offered: true });
    // The button that was clicked has gone.
    (document.getElementById('ens-take-back') || parts.picture).focus();
  }

  /** Show the change that was clicked last, as long as it is the last step. */
  function tellTaken() {
    const last = past.past[past.past.length - 1];
    const back = () => {
      act.undo();
      (document.getElementById('ens-take-back') || parts.picture).focus();
    };
    fillIn(parts.changed, last?.offered ? el('p', { class: 'alert alert-info' }, icon('check'), ' ', last.label, ' ',
      el('button', { id: 'ens-take-back', type: 'button', class: 'btn btn-link', on: { click: back } },
        icon('undo'), ' ', gettext('Undo'))) : null);
  }

  /** Show an error of the API: at its field if it names one, and in the strip. */
  function fault(problem) {
    const { reasons, proved, field } = problem.details || {};
    if (Array.isArray(reasons) && reasons.length) {
      const decided = reasons.every((reason) => !['not-decided', 'no-answer'].includes(reason.code));
      refused(reasons, proved === undefined ? decided : proved);
      return;
    }
    if (field) {
      told = [{ place: model.placeOf(draft, field), message: problem.message }];
      refresh();
    }
    show({ kind: 'error', message: problem.message, told: problem.told });
  }

  // --- Submit. ---

  function send(event) {
    event.preventDefault();
    if (!data.mayCreate) { return; } // Enter in a field would submit it without a button too
    if (parts.submit.hasAttribute('aria-disabled')) {
      parts.picture.focus();
      return;
    }
    const wrong = [...model.problems(draft), ...model.questions(draft)];
    if (!draft.name.trim()) {
      wrong.unshift({ place: { kind: 'ensemble', key: null, field: 'name' }, message: gettext('Give it a name.') });
    }
    if (wrong.length) {
      fieldErrors.show(root, wrong);
      fieldErrors.focus(wrong);
      return;
    }
    build.send(shown && shown.id);
  }

  /** What was previewed is not possible any more; what is now is shown beside it. */
  function changed({ plan, moved }) {
    const before = shown;
    shown = plan;
    show({
      kind: 'changed', plan, before, moved: moved || [], at: formats.clock(Date.now()),
    });
  }

  function busy(on) {
    if (on) {
      dry.stop();
      show({ kind: 'submitting' });
    }
    parts.submit.disabled = on;
    root.setAttribute('aria-busy', String(on));
  }

  // --- Keys. ---

  function press(event) {
    const { target } = event;
    if (event.defaultPrevented || target.closest('dialog, [role=dialog]')) { return; }
    if (target !== document.body && !root.contains(target)) { return; }
    const name = shortcuts.meaning(event, shortcuts.where(target), past.field === target.id);
    // What the page has nothing to take again of may be a text's own.
    if (!name || (name === 'redo' && !past.future.length)) { return; }
    const card = target.closest('.ens-card[data-tier]');
    const key = card && card.dataset.tier;
    const does = {
      undo: act.undo, redo: act.redo, help: () => document.getElementById('ens-keys').showModal(), add: addTier,
      remove: () => page.remove(key),
      duplicate: () => page.duplicate(key), enter: () => document.getElementById(key + '-name').select(),
      leave: () => parts.title.focus(), out: () => card && card.focus(),
    }[name] || (() => board.go(card, name));
    event.preventDefault();
    does();
  }

  // --- The beginning. ---

  document.getElementById('ens-import-open').addEventListener('click', wakeText);
  parts.tabs.addEventListener('focusin', wakeText);
  parts.tabs.addEventListener('click', ({ target }) => { if (!textChanged) { wakeText().then(() => target.click()); } });
  root.addEventListener('submit', send);
  document.addEventListener('focusout', () => { past = history.seal(past); });
  document.addEventListener('keydown', press);
  document.addEventListener('visibilitychange', () => {
    // Whoever comes back from the tab where they have signed in again, or gone back to this project, goes on here.
    if (!document.hidden && state.kind === 'error' && state.told) { dry.schedule(); }
  });
  frame.tellElsewhere(parts, kept, server);
  render();
  tellPast();
  dry.schedule();
}());
