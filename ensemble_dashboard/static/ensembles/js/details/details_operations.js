// SPDX-License-Identifier: Apache-2.0
/* What was done with the ensemble and what is under way: the newest first, older ones when somebody wants them. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;
  const { el, icon } = ensembles.dom;
  const { since } = ensembles.time;
  const { exact } = ensembles.formats;

  const SIGNS = { SUCCEEDED: 'good', FAILED: 'bad', CANCELLED: 'less' };

  /**
   * page: {ask(marker): a promise of {operations, next}, state: of details_state.js, put: of live_parts.js,
   * cancel(): asks whether to, null for who may not}. Gives {follow(): ask for the newest ones anew, show()}.
   */
  function open(page) {
    let list = null; // null until there was an answer
    let next = null; // what the older ones come after, null when these are all
    let trouble = '';

    async function ask(marker) {
      try {
        const found = await page.ask(marker);
        trouble = '';
        if (marker) {
          list = [...list, ...found.operations];
          ({ next } = found);
        } else {
          const older = after(list || [], found.operations);
          list = [...found.operations, ...older];
          if (!older.length) { ({ next } = found); }
        }
      } catch (problem) {
        trouble = problem.message;
      }
      show();
    }

    function show() {
      const { ensemble, now } = page.state;
      page.put('operations', [list, next, trouble, ensemble.progress.message], () => view(list, {
        ensemble, now, trouble, cancel: page.cancel, older: next ? () => ask(next) : null,
      }));
    }

    return { follow: () => ask(''), show };
  }

  /** Those of a list that are older than the newest ones; none when something between is not known. */
  function after(list, newest) {
    const last = newest[newest.length - 1];
    const at = last ? list.findIndex((one) => one.id === last.id) : -1;
    return at < 0 ? [] : list.slice(at + 1);
  }

  /** more: {ensemble, now: ms of the API's clock, trouble, cancel, older: shows older ones, null without}. */
  function view(list, more) {
    const said = more.trouble ? el('p', { class: 'ens-warn' }, icon('warn'), ' ', more.trouble) : null;
    if (!list) { return said || el('p', { class: 'text-muted' }, gettext('Loading…')); }
    if (!list.length) { return said || el('p', { class: 'text-muted' }, gettext('No operation is recorded.')); }
    return [said, table(list, more), more.older ? el('button', {
      type: 'button', class: 'btn btn-default btn-sm', 'data-key': 'older-operations', on: { click: more.older },
    }, gettext('Show older operations')) : null];
  }

  function table(list, more) {
    const headings = [gettext('Operation'), gettext('Status'), gettext('Asked for by'), gettext('Started'),
      gettext('Ended')];
    return el('table', { class: 'table ens-operations' },
      el('thead', {}, el('tr', {}, headings.map((text) => el('th', { scope: 'col' }, text)))),
      el('tbody', {}, list.map((one) => row(one, headings, more))));
  }

  function row(one, [, status, by, started, ended], { ensemble, now, cancel }) {
    const running = !one.ended_at;
    return el('tr', { 'data-operation': one.id },
      el('th', { scope: 'row' }, one.type_label),
      el('td', { 'data-label': status }, el('div', {},
        el('span', { class: 'ens-' + (SIGNS[one.status] || 'less') }, icon(SIGNS[one.status] || 'wait')), ' ',
        one.status_label,
        // What has ended may not be known to have: then the ensemble tells of something else.
        running && !ensemble.settled ? el('div', { class: 'text-muted' }, ensemble.progress.message) : null,
        one.reason ? el('div', { class: 'ens-operation-reason' }, one.reason.message) : null,
        one.cancellable && cancel ? el('button', {
          type: 'button', class: 'btn btn-danger btn-xs', 'data-key': 'cancel-operation', on: { click: cancel },
        }, gettext('Cancel')) : null)),
      el('td', { 'data-label': by, class: 'ens-wrap' }, one.asked_by),
      el('td', { 'data-label': started }, moment(one.started_at, now)),
      el('td', { 'data-label': ended }, one.ended_at ? moment(one.ended_at, now) : gettext('under way')));
  }

  function moment(at, now) {
    return el('div', {}, since(at, now), ' ', el('span', { class: 'ens-event-exact' }, exact(at)));
  }

  ensembles.operations = { open, view };
}());
