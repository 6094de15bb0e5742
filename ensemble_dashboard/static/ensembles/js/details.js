// SPDX-License-Identifier: Apache-2.0
/* The details page: draws what the page came with, and asks for news until the ensemble is settled. */
(function () {
  'use strict';
  const { words, dom, layout, api, map, failures } = globalThis.ensembles;
  const { gettext, fill, status, level } = words;
  const { el, fillIn, icon, badge } = dom;

  const PAUSE = 2000; // ms between two questions; doubled after each that failed
  const LONGEST = 30000;

  const root = document.getElementById('ens-details');
  const data = dom.pageData();
  const part = (name) => root.querySelector('[data-live="' + name + '"]');
  const failed = new Set();
  let shown = ''; // what is on the page, to leave it alone when nothing has changed
  let pause = PAUSE;

  function render(ensemble) {
    const text = JSON.stringify(ensemble);
    if (text === shown) { return; }
    shown = text;
    root.dataset.status = ensemble.status;
    const tiers = layout.legend(ensemble.tiers);
    const plan = layout.asPlan(ensemble);
    const retry = () => fillIn(tried, failures.tried(plan, tiers, failed));
    const tried = el('div', { 'aria-live': 'polite' });
    const open = part('map').querySelector('details[open]');

    fillIn(part('status'), state(ensemble));
    fillIn(part('survives'), words.survives(ensemble.survives || []));
    fillIn(part('fault'), fault(ensemble.fault));
    fillIn(part('tiers'), tiers.map((tier, index) => el('li', {}, badge(tier), ' ',
      el('strong', {}, tier.name), template(ensemble.tiers[index]))));
    fillIn(part('policies'), policies(ensemble));
    fillIn(part('map'), plan.assignments.length
      ? [map.picture(plan, tiers, failed, retry), tried, map.table(plan)] : none());
    if (open && part('map').querySelector('details')) { part('map').querySelector('details').open = true; }
    fillIn(part('failures'), plan.survivability.length ? failures.worst(plan, tiers) : none());
    fillIn(part('members'), members(ensemble, plan, tiers));
    fillIn(part('events'), events(ensemble.events || []));
    if (plan.assignments.length) { retry(); }
  }

  /** "3 members · m1.small · cirros": what a tier is made of, by name where the name is known. */
  function template(tier) {
    const name = (id) => data.names[id] || id;
    return el('span', { class: 'ens-wrap' },
      [words.members(tier.count), name(tier.server.flavor), name(tier.server.image)].join(' · '));
  }

  function none() {
    return el('p', { class: 'text-muted' }, gettext('Nothing to show.'));
  }

  function state(ensemble) {
    const settled = data.settled.includes(ensemble.status);
    const progress = ensemble.progress || { active: 0, total: 0 };
    const sign = { ACTIVE: 'good', ERROR: 'bad' }[ensemble.status] || 'wait';
    const said = el('span', { class: 'ens-status ens-status-' + ensemble.status.toLowerCase() }, icon(sign), ' ',
      status(ensemble.status), settled ? null : ': ' + fill(gettext('%(active)s of %(total)s members'), progress));
    if (settled || !progress.total) { return said; }
    const filled = el('div', { class: 'progress-bar progress-bar-striped active' });
    filled.style.width = Math.round(100 * progress.active / progress.total) + '%';
    return [said, el('div', {
      class: 'progress ens-progress', role: 'progressbar', 'aria-label': gettext('Members that are active'),
      'aria-valuemin': 0, 'aria-valuenow': progress.active, 'aria-valuemax': progress.total,
    }, filled)];
  }

  function fault(problem) {
    if (!problem) { return null; }
    return el('div', { class: 'alert alert-danger', role: 'alert' },
      el('p', {}, el('strong', {}, gettext('What went wrong:')), ' ', problem.message),
      (problem.reasons || []).length ? el('ul', {}, problem.reasons.map((reason) => el('li', {}, reason.message,
        reason.suggestion ? ' ' + reason.suggestion : null))) : null);
  }

  function policies(ensemble) {
    if (!ensemble.policies.length) { return el('li', { class: 'text-muted' }, gettext('No policies.')); }
    const broken = new Map((ensemble.violations || []).map((violation) => [violation.policy, violation.message]));
    return ensemble.policies.map((policy, index) => el('li', {},
      el('strong', {}, words.kind(policy.type)), ' ', el('span', { class: 'ens-term' }, policy.type), ' ',
      words.policy(policy),
      broken.has(index) ? el('span', { class: 'ens-warn' }, ' ', icon('warn'), ' ',
        gettext('Not kept:'), ' ', broken.get(index)) : null));
  }

  function members(ensemble, plan, tiers) {
    const labels = new Map(plan.domains.map((domain) => [domain.ref, domain.name || domain.label]));
    const levels = map.levelsOf(plan);
    const byName = new Map(tiers.map((tier) => [tier.name, tier]));
    const rows = (ensemble.members || []).map((member) => el('tr', { 'data-member': member.name },
      el('th', { scope: 'row' }, byName.has(member.tier) ? badge(byName.get(member.tier)) : null, ' ', member.name),
      el('td', { class: 'ens-status ens-status-' + member.status.toLowerCase() }, status(member.status)),
      el('td', {}, member.server_id
        ? el('a', { href: data.instanceUrl.replace('00000000', encodeURIComponent(member.server_id)) }, member.server_id)
        : gettext('not built')),
      levels.map((name) => el('td', {}, labels.get((member.domains || {})[name]) || '–'))));
    if (!rows.length) { return none(); }
    return el('table', { class: 'table table-striped ens-members' },
      el('thead', {}, el('tr', {}, [gettext('Member'), gettext('Status'), gettext('Instance'), ...levels.map(level)]
        .map((title) => el('th', { scope: 'col' }, title)))),
      el('tbody', {}, rows));
  }

  function events(list) {
    if (!list.length) { return none(); }
    return el('ol', { class: 'ens-events' }, [...list].reverse().map((event) => el('li', {},
      el('time', { datetime: event.at }, new Date(event.at).toLocaleString()), ' ',
      el('span', {}, event.message || event.type))));
  }

  async function ask() {
    if (document.hidden) { setTimeout(ask, PAUSE); return; }
    try {
      const answer = await api.get(data.stateUrl);
      pause = PAUSE;
      follow(answer.ensemble);
    } catch (problem) {
      if (problem.status === 404) { globalThis.location.assign(data.indexUrl); return; }
      if (problem.status === 401) { fillIn(part('status'), problem.message); return; }
      pause = Math.min(2 * pause, LONGEST);
      setTimeout(ask, pause);
    }
  }

  function follow(ensemble) {
    render(ensemble);
    if (!data.settled.includes(ensemble.status)) { setTimeout(ask, pause); }
  }

  follow(data.ensemble);
}());
