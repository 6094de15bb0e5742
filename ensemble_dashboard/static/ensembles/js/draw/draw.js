// SPDX-License-Identifier: Apache-2.0
/* The drawing page: keeps the draft, asks for plans, and brings the views up to date. */
(function () {
  'use strict';
  const {
    words, dom, tierLegend, api, drafts, draftPolicies, apiBody, draftFaults, fieldPlaces, history, stepLabels, newDraft,
    starts, savedDrafts, fieldErrors, frame, pageState, planAnswers,
    cardFocus, shortcuts, verdict, submit, dryRun, tierCard, policyChip, policyWords, edges,
    catalog, quota, lazyScripts, newEnsemble, runningEnsemble, newTemplate, whoGoes,
  } = globalThis.ensembles;
  const { gettext, fill } = words;
  const { el, fillIn, icon, badge } = dom;

  const root = document.getElementById('ens-draw');
  const data = dom.pageData();
  const server = api.open(data.session, root.querySelector('[name=csrfmiddlewaretoken]').value, {
    belongs: gettext('This drawing belongs to %(project)s.'), ended: gettext('Nothing drawn here is lost.'),
  });
  const subject = (data.template ? newTemplate : data.running ? runningEnsemble : newEnsemble).open(data);
  const kept = savedDrafts.open(globalThis.sessionStorage, data.draftsOf, data.session.project, localStore());
  const act = {
    name: (name) => type({ ...state.draft, name }),
    description: (description) => type({ ...state.draft, description }),
    start: (id) => startFrom(data.starts.find((start) => start.id === id)),
    undo: () => takeStep(history.undo(state.past), gettext('Undone: %(step)s'), stepLabels.back(state.past)),
    redo: () => takeStep(history.redo(state.past), gettext('Redone: %(step)s'), stepLabels.again(state.past)),
    addTier, addParameter: () => subject.add(page),
  };
  const parts = frame.build(act);
  const board = cardFocus.open(parts.tiers);
  let textChanged = null; // tells the text beside the drawing, once it was looked at
  const lists = catalog.open(data.choices, (kind, query, signal) =>
    server.get(data.choicesUrl.replace('kind', kind) + '?' + query, signal));
  let sheet = null; // made when it is first wanted, as the fields of what is the ensemble's own
  const own = { metadata: null, recovery: null }; // shows it

  const returned = Boolean(kept.load());
  const state = pageState.open(subject.begin(kept));
  let view = { show() {}, learn() {}, forget() {} }; // the preview; it comes while the first plan is made
  const answers = planAnswers.open(state, {
    show, refresh, again: () => dry.schedule(), view: () => view, more: subject.more,
  });

  const dry = dryRun.open((query, signal) =>
    server.post(data.planUrl + query, subject.request(state.draft, 'preview'), signal)
      .then((answer) => subject.plan(answer, state.draft)),
  {
    ...answers, ready, asking: () => show({ kind: 'asking' }), failed: (problem) => answers.failed(subject.explain(problem)),
    headroom: subject.more ? answers.headroom : null,
    headroomFailed: () => view.learn({ rooms: 'unknown' }), lossFailed: () => view.learn({ failed: {} }),
  });
  const unreachable = () =>
    show({ kind: 'error', message: gettext('The dashboard does not answer. Is the network there?') });
  lazyScripts.load('answer').then(({ draftsNotice, preview }) => {
    view = preview.open(root, parts, state.picture, {
      drawing: () => apiBody.body(state.draft, 'preview'), change: takeChange, again: dry.schedule,
      fail: subject.more ? dry.fail : null, running: subject.running,
      build: () => build.send(state.plan.id), keep: () => { answers.fits(state.plan, null); dry.schedule(); },
    });
    view.show(state.preview);
    showDraftsNotice(draftsNotice);
  }, unreachable);
  const build = submit.open((body) => server.post(data.createUrl, body), {
    body: () => subject.request(state.draft), busy, changed: answers.changed,
    failed: (problem) => {
      if (problem.details.code === 'ensemble.plan_changed') { planAgain(problem); return; }
      answers.failed(subject.explain(problem));
      fieldErrors.focus(state.told);
    },
    done: (url) => { kept.clear(); globalThis.location.assign(url); },
  });

  // --- Changes: `type` leaves the fields alone, `change` draws the left side anew. ---

  function type(next) {
    // Whatever is typed in one field, until it is left, is one step to take back.
    accept(record(next, { field: document.activeElement.id }));
    refresh();
  }

  /** step: {label: what is said of it when it can be taken back, offered}, as history.js has it. */
  function change(next, step) {
    accept(record(next, step));
    render();
  }

  const record = (next, step) => history.record(state.past, subject.settled?.(state.draft, next) || next, step);

  /** Go on with another drawing altogether. */
  function replace(next, step) {
    change(next, step);
    view.forget();
  }

  function takeStep(next, said, step) {
    if (next === state.past) { return; }
    accept(next);
    render();
    parts.said.textContent = fill(said, { step });
  }

  function accept(next) {
    const replan = !subject.samePlan(next.now, state.draft);
    if (replan) { state.plan = null; }
    state.past = next;
    if (replan) { bar(subject.barred({ kind: 'asking' }, state.draft)); }
    state.told = [];
    kept.save(state.draft);
    parts.elsewhere.querySelector('.ens-anew')?.closest('p').remove();
    dry.schedule();
    if (textChanged) { textChanged(); }
    showSteps();
  }

  /** Say what can be taken back and again. */
  function showSteps() {
    frame.tellSteps(parts, stepLabels.back(state.past), stepLabels.again(state.past));
    showTakenChange();
  }

  const page = {
    get draft() { return state.draft; },
    choices: data.choices,
    makeKeyPair: (body) => server.post(data.keyPairUrl, body),
    levels: data.levels,
    selectors: data.selectors,
    zoneLevel: data.zoneLevel,
    zones: () => (lists.first('zones') || { items: [] }).items.map((one) => one.id),
    catalogue: lists,
    quota: () => quota.figures(subject.costs(state.draft), data.choices.quota, (id) => lists.get('flavors', id)),
    details(key, field) {
      lazyScripts.load('sheet').then((ours) => {
        sheet ||= ours.serverSheet.make(page);
        sheet.show(key, field);
        refresh();
      }, unreachable);
    },
    legend: new Map(),
    schedulerHints: data.schedulerHints,
    render,
    running: subject.running,
    card: subject.card,
    edit: change,
    removing: (names, chosen) => change(
      { ...state.draft, remove: [...state.draft.remove.filter((one) => !names.includes(one)), ...chosen] }),
    type: (key, values) => type(drafts.changeTier(state.draft, key, values)),
    change: (key, values) => change(drafts.changeTier(state.draft, key, values)),
    duplicate: (key) => change(drafts.duplicateTier(state.draft, key)),
    remove: (key) => change(drafts.removeTier(state.draft, key)),
    addPolicy: (values) => change(draftPolicies.addPolicy(state.draft, values)),
    typePolicy: (key, values) => type(draftPolicies.changePolicy(state.draft, key, values)),
    changePolicy: (key, values) => change(draftPolicies.changePolicy(state.draft, key, values)),
    removePolicy: (key) => change(draftPolicies.removePolicy(state.draft, key)),
    sentence: (policy) => policyWords.sentence(apiBody.ruleOf(state.draft, policy)),
  };

  function startFrom(start) {
    replace(starts.draw(start, data, state.draft),
      { label: fill(gettext('start from “%(template)s”'), { template: start.title }) });
  }

  /** Bring the drawing as text, and text as a drawing, to life: most people never look at it. */
  async function wakeText() {
    const { textTabs, yamlImport, document: { drawing } } = await lazyScripts.load('text');
    if (textChanged) { return; }
    textChanged = textTabs.open(parts,
      () => server.post(data.writeUrl, subject.written?.(state.draft) || { ensemble: apiBody.written(state.draft) })
        .then((answer) => answer.file));
    yamlImport.open((text) => server.post(data.readUrl, { text }),
      (read) => replace(subject.read?.(read) || drawing(read.ensemble), { label: gettext('import YAML') }));
  }

  /** Get to know what is chosen and was not among what the page came with. */
  function lookUpChosen() {
    const of = (kind, field) => lists.learn(kind, state.draft.tiers.flatMap((tier) => tier[field] || []));
    const unknown = state.draft.tiers.filter((tier) => tier.image && !lists.image(tier)).map((tier) => tier.image);
    const asked = [
      of('flavors', 'flavor'), lists.learn('images', unknown), lists.learn('snapshots', unknown),
      lists.learn('networks', state.draft.tiers.flatMap((tier) => (Array.isArray(tier.networks) ? tier.networks : []))),
      of('security_groups', 'securityGroups'),
      lists.learn('volume_snapshots', state.draft.tiers.map(({ rootVolume }) => rootVolume?.snapshot)),
    ];
    Promise.allSettled(asked).then((found) => { if (found.some((one) => one.value)) { render(); } });
  }

  function addTier() {
    change(newDraft.addTier(state.draft, data.choices));
    document.getElementById(state.draft.tiers[state.draft.tiers.length - 1].key + '-name').select();
  }

  function showDraftsNotice(draftsNotice) {
    draftsNotice.tell(parts, kept, server, {
      returned, anew: () => replace(subject.fresh(), { label: gettext('start anew') }),
      goOn: (left) => replace(left, { label: gettext('go on with another drawing') }),
    });
  }

  /** What is kept when the tab is closed; a browser may forbid it. */
  function localStore() {
    try { return globalThis.localStorage; } catch { return null; }
  }

  // --- The left side. ---

  /** Draw the tiers and policies anew. */
  function render() {
    parts.name.value = state.draft.name;
    parts.description.value = state.draft.description;
    showOwn();
    relabel();
    board.redraw(() => {
      fillIn(parts.tiers, state.draft.tiers.length
        ? state.draft.tiers.map((tier) => el('li', {}, tierCard.card(tier, page), edges.links(tier, page)))
        : frame.nothing());
      fillIn(parts.between, frame.between(page));
    });
    refresh();
    lookUpChosen();
  }

  /** Show what the ensemble itself has, its metadata and its recovery, once somebody wants to see them. */
  function showOwn() {
    for (const name of Object.keys(own)) {
      if (!parts[name].open) { continue; }
      lazyScripts.load('sheet').then((ours) => {
        const typed = (fields) => type({ ...state.draft, [name]: fields });
        own[name] ||= ours[name].open('ens-' + name + '-rows', typed, page.levels);
        own[name](state.draft[name]);
      }, unreachable);
    }
  }

  function relabel() {
    const entries = tierLegend.legend(state.draft.tiers);
    page.legend = new Map(state.draft.tiers.map((tier, index) => [tier.key, entries[index]]));
  }

  /** Bring badges, names, sentences and problems up to date without touching a field. */
  function refresh() {
    relabel();
    for (const tier of state.draft.tiers) {
      fillIn(root.querySelector('[data-badge="' + tier.key + '"]'), badge(page.legend.get(tier.key)));
      document.getElementById(tier.key + '-card').setAttribute('aria-label',
        fill(gettext('Tier %(tier)s, %(members)s'), { tier: tier.name, members: words.members(tier.count || 0) }));
      tierCard.relabel(root, tier);
    }
    const wrong = [...draftFaults.problems(state.draft), ...subject.questions(state.draft), ...state.told];
    fieldErrors.show(root, wrong);
    policyChip.refresh(root, page, wrong, state.unmet);
    edges.draw(page);
    parts.pairs.textContent = state.draft.metadata.length || '';
    fillIn(parts.quota, quota.bars(page.quota()));
    if (sheet) { sheet.update(wrong); }
    subject.refresh?.(page, parts);
    if (subject.running) { whoGoes.tell(root, page, state.plan?.change?.removed || []); }
  }

  // --- The plan. ---

  function show(next) {
    state.preview = next;
    root.dataset.state = next.kind;
    root.classList.toggle('is-stale', next.kind === 'asking');
    verdict.show(parts.verdict, next);
    tellName();
    if (next.kind !== 'asking') { bar(subject.barred(next, state.draft)); }
    view.show(next);
  }

  /** Say that the name is another one's too; without a name there is nothing to say of it. */
  function tellName() {
    const said = state.draft.name.trim() ? state.warnings : [];
    if (parts.named.textContent.trim() !== said.map((one) => one.message).join('')) {
      fillIn(parts.named, said.map((one) => [icon('warn'), ' ', one.message]));
    }
  }

  /** Say why submitting makes no sense, '' when it does; a button that is only marked can still be reached and asked why. */
  function bar(why) {
    if (!data.mayCreate) { return; }
    const marks = { 'aria-disabled': 'true', 'aria-describedby': 'ens-verdict', title: why };
    for (const [name, value] of Object.entries(marks)) {
      if (why) { parts.submit.setAttribute(name, value); } else { parts.submit.removeAttribute(name); }
    }
  }

  function ready() {
    const wrong = draftFaults.problems(state.draft);
    if (wrong.length) { show({ kind: 'incomplete', problem: fieldErrors.sentence(state.draft, wrong[0]) }); }
    return !wrong.length;
  }

  // --- Changes that would make it fit. ---

  function takeChange({ message, steps: taken }) {
    change(fieldPlaces.take(state.draft, taken), { label: message, offered: true });
    // The button that was clicked has gone.
    (document.getElementById('ens-take-back') || parts.picture).focus();
  }

  /** Show the change that was clicked last, as long as it is the last step. */
  function showTakenChange() {
    const last = state.past.past[state.past.past.length - 1];
    const back = () => {
      act.undo();
      (document.getElementById('ens-take-back') || parts.picture).focus();
    };
    fillIn(parts.changed, last?.offered ? el('p', { class: 'alert alert-info' }, icon('check'), ' ', last.label, ' ',
      el('button', { id: 'ens-take-back', type: 'button', class: 'btn btn-link', on: { click: back } },
        icon('undo'), ' ', gettext('Undo'))) : null);
  }

  // --- Submit. ---

  /** What was previewed cannot be had any more, nothing was done, and what is possible now is shown. */
  function planAgain({ message }) {
    fillIn(parts.changed, el('p', { class: 'alert alert-warning' }, icon('warn'), ' ', message));
    dry.schedule();
  }

  async function send(event) {
    event.preventDefault();
    if (!data.mayCreate) { return; } // Enter in a field would submit it without a button too
    if (parts.submit.hasAttribute('aria-disabled')) {
      parts.picture.focus();
      return;
    }
    const wrong = [...draftFaults.problems(state.draft), ...subject.questions(state.draft)];
    if (!state.draft.name.trim()) {
      wrong.unshift({ place: { kind: 'ensemble', key: null, field: 'name' }, message: gettext('Give it a name.') });
    }
    if (wrong.length) {
      fieldErrors.show(root, wrong);
      fieldErrors.focus(wrong);
      return;
    }
    const { plan } = state;
    if (await subject.agree(plan)) { build.send(plan && plan.id); }
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
    const name = shortcuts.meaning(event, shortcuts.where(target), state.past.field === target.id);
    // What the page has nothing to take again of may be a text's own.
    if (!name || (name === 'redo' && !state.past.future.length)) { return; }
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

  for (const name of Object.keys(own)) { parts[name].addEventListener('toggle', showOwn); }

  if (parts.tabs) {
    document.getElementById('ens-import-open').addEventListener('click', wakeText);
    parts.tabs.addEventListener('focusin', wakeText);
    parts.tabs.addEventListener('click', ({ target }) => { if (!textChanged) { wakeText().then(() => target.click()); } });
  }
  root.addEventListener('submit', send);
  document.addEventListener('focusout', () => { state.past = history.endStep(state.past); });
  document.addEventListener('keydown', press);
  document.addEventListener('visibilitychange', () => {
    // Whoever comes back from the tab where they have signed in again, or gone back to this project, goes on here.
    if (!document.hidden && state.preview.kind === 'error' && state.preview.told) { dry.schedule(); }
  });
  globalThis.addEventListener('online', () => { if (state.preview.kind === 'error') { dry.schedule(); } });
  quota.follow(() => server.get(data.choicesUrl.replace('kind', 'quota')), (found) => {
    data.choices.quota = found.quota;
    refresh();
  });
  render();
  showSteps();
  dry.schedule();
}());
