// SPDX-License-Identifier: Apache-2.0
/* The form by which a template is applied: its fields, a live preview of what comes of it, and the submit. */
(function () {
  'use strict';
  const {
    words, dom, api, formats, instances, parameters, parameterField, catalog, picker, verdict, submit, dryRun, preview,
    pageState,
  } = globalThis.ensembles;
  const { gettext, ngettext, fill } = words;
  const { el, fillIn, icon } = dom;

  const root = document.getElementById('ens-apply');
  const data = dom.pageData();
  const { template } = data;
  const server = api.open(data.session, root.querySelector('[name=csrfmiddlewaretoken]').value, {
    belongs: gettext('This form belongs to %(project)s.'), ended: gettext('Nothing was created.'),
  });
  const parts = Object.fromEntries([...root.querySelectorAll('[data-part]')]
    .map((node) => [node.dataset.part, node]));
  const lists = catalog.open(data.choices, (kind, query, signal) =>
    server.get(data.choicesUrl.replace('kind', kind) + '?' + query, signal));
  const most = data.limits.max_instances || 1;

  let all = instances.first(template);
  let told = []; // what the API said is wrong: [{key, field, message}]
  const touched = new Set(); // ids of fields that somebody has been in: what is missing elsewhere is not yet wrong
  let found = null; // the last answer: {plan, instances}
  let looked = 0; // which of its instances is in the picture
  let state = { kind: 'asking' };

  const view = preview.open(root, parts, pageState.open(null).picture, {
    drawing: () => found?.instances[looked].ensemble || { name: '', tiers: [], policies: [] },
    change() {}, again: () => dry.schedule(), fail: null, running: null, build() {}, keep() {},
  });

  const dry = dryRun.open((_query, signal) => server.post(data.planUrl, instances.body(all, template, 'preview'), signal), {
    ready, asking: () => show({ kind: 'asking' }), planned, failed, headroom: null,
  });

  const build = submit.open((body) => server.post(data.createUrl, body), {
    body: () => instances.body(all, template), busy, changed: planAgain,
    failed: (problem) => {
      if (problem.details.code === 'ensemble.plan_changed') { planAgain(problem); return; }
      failed(problem);
      focus(told);
    },
    done: (url) => globalThis.location.assign(url),
  });

  // --- The fields. ---

  const idOf = (key, field) => 'ens-' + key + (field ? '-value-' + field : '-name');

  function render() {
    fillIn(parts.instances, all.map(card));
    parts.add.hidden = all.length >= most;
    if (parts.submit) {
      parts.submit.textContent = all.length > 1
        ? fill(gettext('Create %(count)s Ensembles'), { count: all.length }) : gettext('Create Ensemble');
    }
    refresh();
  }

  function card({ key, name, fields }, place) {
    const id = idOf(key, '');
    return el('li', {}, el('div', { class: 'ens-card ens-instance', role: 'group', 'aria-labelledby': key + '-title' },
      el('h3', { id: key + '-title', class: all.length > 1 ? 'ens-instance-title' : 'sr-only' },
        fill(gettext('Ensemble %(number)s'), { number: place + 1 })),
      all.length > 1 ? el('button', {
        type: 'button', class: 'btn btn-link ens-tool ens-instance-remove', title: gettext('Remove it'),
        'aria-label': fill(gettext('Remove ensemble %(number)s'), { number: place + 1 }), on: { click: () => remove(key) },
      }, icon('trash')) : null,
      el('div', { class: 'ens-fields' },
        el('div', { class: 'form-group' }, el('label', { for: id }, gettext('Name')),
          el('input', {
            id, type: 'text', class: 'form-control', value: name, maxlength: 255, required: true,
            on: { input: ({ target }) => edit(instances.rename(all, key, target.value), id) },
          }), el('span', { class: 'help-block ens-error', id: id + '-error', hidden: true })),
        Object.entries(template.parameters).map(([field, parameter]) => parameterField.view({
          id: idOf(key, field), name: field, parameter, value: fields[field], catalogue: lists, more: chooseFromAll,
          change: (value) => edit(instances.change(all, key, field, value), idOf(key, field)),
        })))));
  }

  function edit(next, id) {
    all = next;
    touched.add(id);
    accept();
  }

  function accept() {
    told = [];
    found = null;
    bar(gettext('Planning…'));
    refresh();
    dry.schedule();
  }

  function add() {
    all = instances.add(all);
    looked = all.length - 1;
    render();
    accept();
    document.getElementById(idOf(all[all.length - 1].key, '')).select();
  }

  function remove(key) {
    const place = all.findIndex((one) => one.key === key);
    all = instances.remove(all, key);
    looked = Math.min(looked, all.length - 1);
    render();
    accept();
    document.getElementById(idOf(all[Math.min(place, all.length - 1)].key, '')).focus();
  }

  /** The whole list in a window, searched and page by page. */
  function chooseFromAll(kind, chosen, done) {
    const dialog = document.getElementById('ens-choose');
    const opener = document.activeElement;
    fillIn(dialog.querySelector('.ens-choose-list'),
      document.getElementById('ens-choose-picker').content.cloneNode(true));
    dialog.querySelector('h2').textContent = gettext('Choose one');
    picker.open(dialog.querySelector('.ens-picker'), {
      kind, catalogue: lists, many: false,
      change: ([id]) => {
        dialog.close();
        done(id);
        render();
        document.getElementById(opener.id)?.focus();
      },
    })(chosen ? [chosen] : []);
    dialog.showModal();
  }

  /** Bring what is wrong up to date; what is missing is told where somebody was, or all of it when it was sent. */
  function refresh(everything) {
    const wrong = [...instances.faults(all, template), ...told];
    root.querySelectorAll('.ens-error').forEach((node) => { node.hidden = true; node.textContent = ''; });
    root.querySelectorAll('[aria-invalid]').forEach((node) => node.removeAttribute('aria-invalid'));
    for (const { key, field, message } of wrong) {
      const id = idOf(key, field);
      const input = document.getElementById(id);
      if (!input || !(everything || touched.has(id) || told.some((one) => idOf(one.key, one.field) === id))) { continue; }
      const error = document.getElementById(id + '-error');
      error.hidden = false;
      error.textContent = message;
      input.setAttribute('aria-invalid', 'true');
      const about = document.getElementById(id + '-about');
      input.setAttribute('aria-describedby', [about?.id, error.id].filter(Boolean).join(' '));
    }
    return wrong;
  }

  function focus(wrong) {
    const [first] = wrong;
    if (first) { document.getElementById(idOf(first.key, first.field))?.focus(); }
  }

  // --- The plan. ---

  function ready() {
    // A preview can be made without a name; what else is wrong must be mended first.
    const [first] = instances.faults(all, template).filter(({ field }) => field || all.length > 1);
    if (first) { show({ kind: 'incomplete', problem: instances.sentence(all, template, first) }); }
    return !first;
  }

  function planned(answer) {
    found = answer;
    looked = Math.min(looked, answer.instances.length - 1);
    const { plan } = answer;
    const at = formats.clock(Date.now());
    if (plan.feasible) {
      show({ kind: 'fits', plan, rooms: null, at });
    } else {
      const reasons = plan.reasons.map((one) => ({ ...one, changes: [] }));
      show({ kind: 'refused', reasons, proved: plan.proved, plan: null, at });
    }
  }

  function failed(problem) {
    const { details } = problem;
    if (details?.reasons?.length) {
      found = null;
      const reasons = details.reasons.map((one) => ({ ...one, changes: [] }));
      show({ kind: 'refused', reasons, proved: Boolean(details.proved), plan: null, at: formats.clock(Date.now()) });
      return;
    }
    const fault = details?.field && instances.place(all, template, details);
    told = fault ? [fault] : [];
    refresh();
    if (fault) {
      show({ kind: 'incomplete', problem: instances.sentence(all, template, fault) });
    } else {
      show({ kind: 'error', message: problem.message, told: problem.told });
    }
  }

  function show(next) {
    state = next;
    root.dataset.state = next.kind;
    root.classList.toggle('is-stale', next.kind === 'asking');
    verdict.show(parts.verdict, next.kind === 'fits' ? { ...next, plan: ofAll(next.plan) } : next);
    if (next.kind === 'fits') { fillIn(parts.tabs, tabs()); lookAt(); } else { view.show(next); }
    if (next.kind !== 'asking') { bar(next.kind === 'refused' && next.proved ? gettext('This does not fit.') : ''); }
  }

  /** A plan of several has no violations of its own: those of each count. */
  function ofAll(plan) {
    if (found.instances.length === 1) { return plan; }
    return {
      ...plan, violations: found.instances.flatMap((one) => one.plan.violations),
      survivability: found.instances[looked].plan.survivability,
    };
  }

  function lookAt() {
    view.show({ ...state, plan: found.instances[looked].plan });
  }

  /** Which of several is in the picture. */
  function tabs() {
    if (found.instances.length < 2) { return null; }
    const options = found.instances.map(({ ensemble }, place) =>
      el('option', { value: place, selected: place === looked }, ensemble.name));
    return el('div', { class: 'form-group ens-looked' }, el('label', { for: 'ens-looked' },
      fill(ngettext('%(count)s ensemble is planned as one; look at', '%(count)s ensembles are planned as one; look at',
        options.length), { count: options.length })),
    el('select', {
      id: 'ens-looked', class: 'form-control', on: { change: ({ target }) => { looked = Number(target.value); lookAt(); } },
    }, options));
  }

  // --- The submit. ---

  function bar(why) {
    if (!parts.submit) { return; }
    const marks = { 'aria-disabled': 'true', 'aria-describedby': 'ens-verdict', title: why };
    for (const [name, value] of Object.entries(marks)) {
      if (why) { parts.submit.setAttribute(name, value); } else { parts.submit.removeAttribute(name); }
    }
  }

  function planAgain({ message }) {
    const said = message || gettext('The cloud has changed since this was planned; nothing was built.');
    fillIn(parts.changed, el('p', { class: 'alert alert-warning' }, icon('warn'), ' ', said));
    dry.schedule();
  }

  function busy(on) {
    if (on) {
      dry.stop();
      fillIn(parts.changed);
      show({ kind: 'submitting' });
    }
    if (parts.submit) { parts.submit.disabled = on; }
    root.setAttribute('aria-busy', String(on));
  }

  root.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!data.mayCreate) { return; }
    const wrong = refresh(true);
    if (wrong.length) { focus(wrong); return; }
    if (parts.submit.hasAttribute('aria-disabled')) { parts.picture.focus(); return; }
    build.send(found && found.plan.id);
  });
  root.addEventListener('focusout', ({ target }) => {
    if (target.id && target.matches('[id^="ens-i"]')) { touched.add(target.id); refresh(); }
  });
  parts.add.addEventListener('click', add);
  document.querySelectorAll('[data-closes]').forEach((node) =>
    node.addEventListener('click', () => node.closest('dialog').close()));
  globalThis.addEventListener('online', () => { if (state.kind === 'error') { dry.schedule(); } });
  render();
  dry.schedule();
  // What is a default and on no first page is called by its name once that is known.
  const chosen = Object.entries(template.parameters).filter(([, one]) => parameters.kind(one));
  Promise.allSettled(chosen.map(([name, one]) => lists.learn(parameters.kind(one), [all[0].fields[name]])))
    .then((learned) => { if (learned.some((one) => one.value) && !touched.size) { render(); } });
}());
