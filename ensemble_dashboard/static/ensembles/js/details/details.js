// SPDX-License-Identifier: Apache-2.0
/* The ensemble's page: shows what it came with, follows what is being built, and compares it with the plan. */
(function () {
  'use strict';
  const {
    words, dom, tierLegend, api, map, planTable, failures, whatIf, progress, truth: truths, members, rules, events, time,
    actions, formats,
  } = globalThis.ensembles;
  const { gettext, fill } = words;
  const { el, icon, badge } = dom;

  const root = document.getElementById('ens-details');
  const data = dom.pageData();
  const part = (name) => document.querySelector('[data-live="' + name + '"]');
  const shown = new Map(); // what each part shows, to leave it alone while that is the same
  const failed = new Set();
  const server = api.open(data.session, root.querySelector('[name=csrfmiddlewaretoken]').value, {
    belongs: data.allProjects ? gettext('This page was opened in %(project)s.')
      : gettext('This ensemble belongs to %(project)s.'),
    ended: gettext('What is being built goes on without you.'),
  });
  const view = { order: { key: 'member', down: false }, allEvents: false, failures: 1 };
  const drawing = map.open(failed, { failed: showTried });
  let ensemble = null;
  let truth = null; // what Nova says, once it is asked; null while that is not known
  let picture = null;
  let ahead = 0; // ms that the API's clock is ahead of the browser's

  const now = () => Date.now() + ahead;
  const leaving = () => ['ROLLING_BACK', 'DELETING'].includes(ensemble.status);
  const settled = () => data.settled.includes(ensemble.status);

  /** Fill a part if what it shows has changed, and give the focus back to what had it. */
  function put(name, key, build) {
    const text = JSON.stringify(key);
    if (shown.get(name) === text) { return; }
    shown.set(name, text);
    const node = part(name);
    const held = node.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    const open = node.querySelector('details[open]');
    dom.fillIn(node, build());
    node.hidden = !node.childNodes.length;
    if (open && node.querySelector('details')) { node.querySelector('details').open = true; }
    if (held) {
      ([...node.querySelectorAll('a, button, summary')].find((each) => keyOf(each) === held) || node).focus();
    }
  }

  function keyOf(node) {
    return node.dataset.ref || node.dataset.key || node.localName + node.textContent;
  }

  function render() {
    root.dataset.status = ensemble.status;
    const tiers = tierLegend.legend(ensemble.tiers);
    const differing = truth ? new Set(truths.differences(truth).map((each) => each.member)).size : null;
    const state = truth ? truths.state(ensemble, truth) : null;
    root.toggleAttribute('data-differs', state === 'differs');
    root.toggleAttribute('data-holds', state === 'holds');
    picture = truths.shown(ensemble, truth, settled() ? null : picture);
    const there = picture.assignments.length > 0;

    put('sign', [ensemble.status, state], () => icon(progress.sign(ensemble, state)));
    put('sentence', progress.sentence(ensemble, differing), () => progress.sentence(ensemble, differing));
    put('steps', progress.steps(ensemble), () => (settled() ? [] : progress.stepList(ensemble)));
    put('bar', [settled(), (ensemble.members || []).map((each) => each.status), ensemble.progress],
      () => (settled() ? [] : progress.bar(ensemble, tiers)));
    put('survives', [ensemble.survives, there, ensemble.status, truth && truth.levels], survives);
    put('fault', [ensemble.fault, ensemble.status], fault);
    put('tiers', ensemble.tiers, () => tiers.map((tier, index) => el('li', {}, badge(tier), ' ',
      el('strong', {}, tier.name), ' ', template(ensemble.tiers[index]))));
    put('policies', [Boolean(truth), truths.standing(ensemble, truth)], () => rules.policies(ensemble, truth));
    put('differences', truth && [truth.members, truth.levels, truth.promises],
      () => (truth && rules.differences(ensemble, truth)) || []);
    drawMap(tiers);
    showMembers(tiers);
    showEvents();
    for (const node of document.querySelectorAll('[data-while]')) {
      const hidden = !node.dataset.while.split(' ').includes(ensemble.status);
      if (hidden && node === document.activeElement) { part('sentence').focus(); }
      node.hidden = hidden;
    }
    root.toggleAttribute('data-placed', there);
    root.querySelector('[data-when=stays]').hidden = !there || leaving();
    actions.follow(ensemble);
    tick();
  }

  function drawMap(tiers) {
    const there = picture.assignments.length > 0;
    put('key', tiers, () => planTable.key(tiers));
    const moved = truth ? truth.members.filter((each) => each.moved).map((each) => each.name) : [];
    if (there) { drawing.show(picture, tiers, moved); }
    put('table', picture, () => (there ? planTable.table(picture) : []));
    showTried();
    showCosts();
  }

  /** Who is left when somebody fails domains in the picture. */
  function showTried() {
    const tiers = tierLegend.legend(ensemble.tiers);
    const drawn = picture.assignments.length > 0 && !leaving();
    put('tried', [picture, [...failed], drawn], () => (drawn ? whatIf.tried(picture, tiers, failed, {
      policies: ensemble.policies, reset: () => fail([]),
    }) : []));
  }

  /** The worst failures of each level, one or several at once. */
  function showCosts() {
    const tiers = tierLegend.legend(ensemble.tiers);
    const highest = failures.most(picture);
    view.failures = Math.min(view.failures, highest);
    put('slider', highest, () => failures.slider(view.failures, highest,
      (wanted) => { view.failures = wanted; showCosts(); }) || []);
    put('failures', [picture.survivability, tiers, view.failures], () => (picture.assignments.length
      ? failures.worst(picture, tiers, null, { failures: view.failures, show: fail }) : []));
  }

  function fail(refs) {
    failed.clear();
    refs.forEach((ref) => failed.add(ref));
    drawing.paint();
    showTried();
  }

  function showMembers(tiers) {
    const levels = planTable.levelsOf(
      picture.survivability.length ? picture : { survivability: ensemble.survivability || [] });
    put('members', [members.rows(ensemble, truth), view.order, levels], () => members.table(ensemble, truth, tiers, {
      levels, order: view.order,
      url: (id) => data.instanceUrl.replace('00000000', encodeURIComponent(id)),
      sort: (key) => {
        view.order = { key, down: view.order.key === key && !view.order.down };
        showMembers(tiers);
      },
    }));
  }

  function showEvents() {
    put('events', [ensemble.events, view.allEvents], () => events.events(ensemble.events || [], {
      all: view.allEvents, now: now(), toggle: () => { view.allEvents = !view.allEvents; showEvents(); },
    }));
  }

  /** "3 members · m1.small · cirros": what a tier is made of, by name where the name is known. */
  function template(tier) {
    const name = (id) => data.names[id] || id;
    return el('span', { class: 'ens-wrap' },
      [words.members(tier.count), name(tier.server.flavor), name(tier.server.image)].filter(Boolean).join(' · '));
  }

  function survives() {
    if (!picture.assignments.length || leaving()) { return []; }
    const levels = truth ? truth.levels || [] : ensemble.survives || [];
    return levels.length ? words.outcomes(levels, !truth) : [];
  }

  function fault() {
    const problem = ensemble.fault;
    if (problem && ensemble.status === 'DELETING') {
      return el('div', { class: 'ens-fault', role: 'alert' },
        el('p', {}, el('strong', {}, gettext('What the removal waits for:')), ' ', problem.message));
    }
    if (!problem || !['ERROR', 'ROLLING_BACK'].includes(ensemble.status)) { return []; }
    return el('div', { class: 'ens-fault', role: 'alert' },
      el('p', {}, el('strong', {}, gettext('What went wrong:')), ' ', problem.message),
      (problem.reasons || []).length ? el('ul', {}, problem.reasons.map((reason) => el('li', {}, reason.message,
        reason.suggestion ? ' ' + reason.suggestion : null))) : null,
      el('p', {}, el('strong', {}, gettext('What to do:')), ' ', ensemble.status === 'ERROR'
        ? gettext('It is all or nothing: no server, no capacity and no port is left. Draw another like this and ' +
          'try again, or change what was asked for; then delete this one.')
        : gettext('Nothing yet: what was built is being removed again, since it is all or nothing.')));
  }

  /** What the page cannot find out, and what to do about it; nothing takes it away again. */
  function trouble(message, retry, ...more) {
    put('trouble', [message, Boolean(retry)], () => (message ? el('div', { class: 'ens-trouble' }, icon('warn'), ' ',
      el('span', {}, message), ' ', more,
      retry ? el('button', { type: 'button', class: 'btn btn-default btn-sm', 'data-key': 'again', on: { click: retry } },
        gettext('Try now')) : null) : []));
  }

  function tick() {
    put('time', progress.time(ensemble, settled(), now()), () => progress.time(ensemble, settled(), now()));
    time.tick(root, now());
  }

  /** Take the answer of the state view; says whether to go on asking. */
  function took(answer) {
    trouble('');
    const changed = JSON.stringify(answer.ensemble) !== JSON.stringify(ensemble);
    const before = ensemble && ensemble.status;
    ensemble = answer.ensemble;
    if (answer.now) { ahead = Date.parse(answer.now) - Date.now(); }
    if (ensemble.status !== 'ACTIVE') { truth = null; }
    if (changed) { render(); }
    if (ensemble.status === 'ACTIVE' && before !== 'ACTIVE') { askTruth(); }
    if (settled() && !actions.asking()) { return 'done'; }
    return changed ? 'changed' : 'same';
  }

  function lost(problem) {
    if (problem.status === 404) {
      globalThis.location.assign(data.goneUrl);
      return 'stop';
    }
    if (problem.told) {
      trouble(problem.message, poll.now, dom.wayOut(problem), ' ');
      return 'stop';
    }
    if (problem.status === 403) {
      trouble(fill(gettext('The cloud no longer lets you see this ensemble: %(reason)s Ask whoever gave you ' +
        'your role in this project.'), { reason: problem.message }), poll.now);
      return 'stop';
    }
    trouble(fill(gettext('No news at the moment: %(reason)s What is being built goes on meanwhile, and this page ' +
      'keeps trying.'), { reason: problem.message }), poll.now);
    return 'again';
  }

  const poll = globalThis.ensembles.poll.poll({ ask: () => server.get(data.stateUrl), took, failed: lost, page: document });

  /** Ask Nova, through the API, where the servers are now; without an answer the page shows the plan. */
  async function askTruth() {
    const note = (text, again) => put('as-of', [text, again], () => [el('span', {}, text), again
      ? [' ', el('button', {
        type: 'button', class: 'btn btn-default btn-xs', 'data-key': 'refresh', on: { click: askTruth },
      }, gettext('Look again'))] : null]);
    note(gettext('Asking Nova where the servers are now…'), true);
    try {
      const answer = await server.get(data.truthUrl);
      if (ensemble.status !== 'ACTIVE') { return; }
      truth = answer.survivability;
      note(fill(gettext('As Nova has it at %(time)s.'), { time: formats.clock(truth.as_of || now()) }), true);
    } catch (problem) {
      if (problem.status === 404 || problem.told) { poll.now(); } // perhaps it is gone
      truth = null;
      note(fill(gettext('As planned. Where Nova has the servers now is not known: %(reason)s'),
        { reason: problem.message }), true);
    }
    render();
  }

  part('picture').append(drawing.element);
  actions.connect({
    data, server, trouble, now: () => ensemble,
    follow: () => poll.now(),
  });
  // While something goes on the seconds count; later a minute is soon enough.
  let beats = 0;
  setInterval(() => {
    beats += 1;
    if (!document.hidden && (!settled() || beats % 30 === 0)) { tick(); }
  }, 1000);
  // What Nova has may change at any time: whoever comes back to the tab sees how it is then.
  document.addEventListener('visibilitychange', () => { if (!document.hidden && truth) { askTruth(); } });

  if (took({ ensemble: data.ensemble, now: data.now }) !== 'done') { poll.start(); }
}());
