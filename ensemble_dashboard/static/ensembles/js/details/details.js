// SPDX-License-Identifier: Apache-2.0
/* The ensemble's page: shows what it came with, follows what is being built, and compares it with the plan. */
(function () {
  'use strict';
  const {
    words, dom, api, planTable, progress, currentState, members, rules, events, operations, time, actions, formats,
    poll: polls, detailsState, liveParts, detailsFault, detailsFailures, detailsPlace, detailsTiers,
    detailsTrouble,
  } = globalThis.ensembles;
  const { gettext, fill } = words;
  const { el, icon } = dom;

  const LIVE = 3; // seconds between two looks at an ensemble that is built

  const root = document.getElementById('ens-details');
  const data = dom.pageData();
  const server = api.open(data.session, root.querySelector('[name=csrfmiddlewaretoken]').value, {
    belongs: data.allProjects ? gettext('This page was opened in %(project)s.')
      : gettext('This ensemble belongs to %(project)s.'),
    ended: gettext('What is being built goes on without you.'),
  });
  const state = detailsState.open(data.settled);
  const { part, put } = liveParts.open();
  const where = detailsPlace.open(state, { part, put });
  const trouble = detailsTrouble.open(put);
  const gone = () => globalThis.location.assign(actions.wasReleased() ? data.releasedUrl : data.goneUrl);
  const mayCancel = Boolean(document.querySelector('[data-act=cancel]'));
  const done = operations.open({
    state, put, cancel: mayCancel ? () => act.cancel() : null,
    ask: (marker) => server.get(data.operationsUrl + (marker ? '?marker=' + encodeURIComponent(marker) : '')),
  });
  const poll = polls.poll({
    ask: () => server.get(data.stateUrl), took, failed: (problem) => trouble.lost(problem, poll.now, gone), page: document,
  });

  // --- What is shown. ---

  function render() {
    const { ensemble, current } = state;
    root.dataset.status = ensemble.status;
    const standing = current ? (current.as_planned ? 'holds' : 'differs') : null;
    root.toggleAttribute('data-differs', standing === 'differs');
    root.toggleAttribute('data-holds', standing === 'holds');
    state.picture = currentState.shown(state.located, current, state.settled ? null : state.picture);
    showProgress(standing);
    put('survives', [ensemble.survives, state.placed, ensemble.status, current && current.levels], survives);
    const { current: now, picture } = state;
    put('failed', now && [now.failures, now.promises, picture.assignments], () => detailsFailures.told(state));
    put('operation', [state.built, ensemble.operation, ensemble.progress, state.unseen],
      () => detailsFailures.underWay(state));
    const over = detailsFailures.regained(ensemble, state.now);
    put('healed', over, () => detailsFailures.healed(over));
    put('fault', [ensemble.fault, ensemble.degraded, ensemble.status, now && now.failures],
      () => detailsFault.box(ensemble, now));
    put('tiers', ensemble.tiers, () => detailsTiers.list(ensemble.tiers, state.legend, data.names));
    put('policies', [Boolean(current), currentState.policiesNow(ensemble, current)],
      () => rules.policies(ensemble, current));
    const broken = Boolean(data.changeUrl && ensemble.settled && state.built && current?.violations.length);
    put('mend', broken, () => (broken ? rules.mend(data.changeUrl) : []));
    put('differences', current && [current.differences, current.costs, current.violations],
      () => (current && rules.differences(current)) || []);
    where.show();
    showMembers();
    done.show();
    showEvents();
    showButtons();
    tick();
  }

  /** How far it is. standing: 'holds' or 'differs', null while that is not known. */
  function showProgress(standing) {
    const { ensemble, current, settled } = state;
    put('sign', [ensemble.status, standing], () => icon(progress.sign(ensemble, standing)));
    const { message } = current || ensemble.progress;
    put('sentence', message, () => message);
    put('steps', progress.steps(ensemble), () => (settled ? [] : progress.stepList(ensemble)));
    put('bar', [settled, (ensemble.members || []).map((each) => each.status), ensemble.progress],
      () => (settled ? [] : progress.bar(ensemble, state.legend)));
  }

  function showMembers() {
    const { located: ensemble, current, picture, order } = state;
    const levels = planTable.levelsOf(picture);
    const change = state.built && ensemble.settled ? data.changeUrl : null;
    put('members', [members.rows(ensemble, current), order, levels, change], () => members.table(ensemble, current, {
      change, levels, order, tiers: state.legend,
      url: (id) => data.instanceUrl.replace('00000000', encodeURIComponent(id)),
      sort: (key) => {
        state.order = { key, down: order.key === key && !order.down };
        showMembers();
      },
    }));
  }

  function showEvents() {
    put('events', [state.ensemble.events, state.allEvents], () => events.events(state.ensemble.events || [], {
      all: state.allEvents, now: state.now, toggle: () => { state.allEvents = !state.allEvents; showEvents(); },
    }));
  }

  function showButtons() {
    for (const node of document.querySelectorAll('[data-while]')) {
      const busy = (node.hasAttribute('data-idle') && !state.ensemble.settled)
        || (node.hasAttribute('data-lost') && !state.lost);
      const hidden = busy || !node.dataset.while.split(' ').includes(state.ensemble.status);
      if (hidden && node === document.activeElement) { part('sentence').focus(); }
      node.hidden = hidden;
    }
    root.toggleAttribute('data-placed', state.placed);
    root.querySelector('[data-when=stays]').hidden = !state.placed || state.leaving;
    actions.follow(state.ensemble);
  }

  function survives() {
    if (!state.placed || state.leaving) { return []; }
    const levels = state.current ? state.current.levels || [] : state.ensemble.survives || [];
    return levels.length ? words.outcomes(levels, !state.built) : [];
  }

  function tick() {
    const text = progress.time(state.ensemble, state.settled, state.now);
    put('time', text, () => text);
    time.tick(root, state.now);
  }

  // --- What is asked. ---

  /** Take the answer of the state view; says whether to go on asking. */
  function took(answer) {
    trouble.tell('');
    const changed = JSON.stringify(answer.ensemble) !== JSON.stringify(state.ensemble);
    const before = state.ensemble && { ...heard(), status: state.ensemble.status, built: state.built };
    if (state.ensemble?.operation && !answer.ensemble.operation) { state.ended = Date.parse(answer.now); }
    state.ensemble = answer.ensemble;
    if (answer.now) { state.ahead = Date.parse(answer.now) - Date.now(); }
    if (!state.built) { state.current = null; }
    if (changed) { render(); }
    began(before);
    if (state.settled && !actions.asking()) { return 'done'; }
    return changed ? 'changed' : 'same';
  }

  /** What tells that there is more to ask for: that Nova was looked at again, and what is or was under way. */
  function heard() {
    const { observed_at: observed, operation, settled, status, updated_at: updated } = state.ensemble;
    // What begins and ends between two looks leaves a settled ensemble that was written since.
    const doing = [status, operation?.id, operation?.status, settled && updated];
    return { observed: observed || null, doing: JSON.stringify(doing) };
  }

  /** Ask for what goes with the state, when there may be more to know of it than before. */
  function began(before) {
    const { observed, doing } = heard();
    if (!before || before.doing !== doing) { done.follow(); }
    if ((state.built && !(before && before.built)) || (state.leaving && !state.seen)) {
      askCurrentState();
    } else if (state.built && (before.observed !== observed || before.status !== state.ensemble.status)) {
      askCurrentState(true);
    }
  }

  function note(text) {
    // The time alone is no news that should be read out every few seconds.
    put('as-of', text, () => [el('span', { 'aria-live': 'off' }, text), ' ', el('button', {
      type: 'button', class: 'btn btn-default btn-xs', 'data-key': 'refresh', on: { click: () => askCurrentState() },
    }, gettext('Look again'))]);
  }

  /** Ask where Nova had the servers when they were last observed; without an answer the page shows the plan. */
  async function askCurrentState(quiet = false) {
    if (!quiet) { note(gettext('Looking where the servers are now…')); }
    try {
      const answer = await server.get(data.survivabilityUrl);
      if (!state.built && !state.leaving) { return; }
      state.seen = answer.survivability;
      state.current = state.built ? state.seen : null;
      note(fill(gettext('As Nova has it at %(time)s.'), { time: formats.clock(state.seen.as_of || state.now) }));
    } catch (problem) {
      if (problem.status === 404 || problem.told) { poll.now(); } // perhaps it is gone
      state.current = null;
      note(fill(gettext('As planned. Where Nova has the servers now is not known: %(reason)s'),
        { reason: problem.message }));
    }
    render();
  }

  // --- The beginning. ---

  root.querySelectorAll('.ens-about time').forEach(time.rewrite);
  const act = actions.connect({
    data, server, gone, trouble: trouble.tell, now: () => state.ensemble, follow: () => poll.now(),
  });
  // While something goes on the seconds count; later a minute is soon enough.
  let beats = 0;
  setInterval(() => {
    beats += 1;
    if (!document.hidden && (!state.settled || beats % 30 === 0)) { tick(); }
    // What Nova has is asked for when the state says that it was looked at again.
    if (!document.hidden && state.built && beats % LIVE === 0) { poll.now(); }
  }, 1000);
  // What Nova has may change at any time: whoever comes back to the tab sees how it is then.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && state.current) { poll.now(); askCurrentState(); }
  });

  if (took({ ensemble: data.ensemble, now: data.now }) !== 'done') { poll.start(); }
}());
