// SPDX-License-Identifier: Apache-2.0
/* The members as a table that can be sorted: what each is, its real status, where it is and was planned. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, status } = ensembles.words;
  const { el, icon, badge } = ensembles.dom;
  const { currentState } = ensembles;

  const SIGNS = { ACTIVE: 'good', ERROR: 'bad', BUILDING: 'wait', RESERVED: 'wait', DELETED: 'less' };

  /** The word for what Nova says of a server; what we have no word for is shown as it came. */
  function state(value) {
    return {
      BUILD: gettext('Building'), SHUTOFF: gettext('Shut off'), PAUSED: gettext('Paused'),
      SUSPENDED: gettext('Suspended'), SHELVED: gettext('Shelved'), SHELVED_OFFLOADED: gettext('Shelved'),
      MIGRATING: gettext('Migrating'), RESIZE: gettext('Resizing'),
      VERIFY_RESIZE: gettext('Waiting for the resize to be confirmed'),
      REBOOT: gettext('Rebooting'), HARD_REBOOT: gettext('Rebooting'), REBUILD: gettext('Rebuilding'),
      RESCUE: gettext('In rescue mode'), UNKNOWN: gettext('Not known'), SOFT_DELETED: gettext('Deleted'),
    }[value] || status(value);
  }

  /**
   * One row for each member: {member, tier, status, known, cut, fault, serverId, outdated, addresses,
   * places: {level: {label, planned}}}.
   * current: null while it is not known; then the plan and what is recorded are shown.
   */
  function rows(ensemble, current) {
    const labels = currentState.labels(ensemble, current);
    const now = new Map(current ? current.members.map((member) => [member.name, member]) : []);
    const { fault } = ensemble;
    return (ensemble.members || []).map((member) => {
      const real = now.get(member.name);
      return {
        member: member.name, tier: member.tier, places: places(real || member, labels),
        status: (real || member).status, known: !real || Boolean(real.status),
        cut: Boolean(real) && real.status === 'ACTIVE' && real.running === false,
        serverId: (real || member).server_id, outdated: Boolean(member.outdated), addresses: addressesOf(real),
        fault: (real && real.fault) || (fault && fault.member === member.name ? fault.message : ''),
      };
    });
  }

  /** What Nova lists of a server; nothing while that is not known. */
  function addressesOf(real) {
    return real ? real.addresses : [];
  }

  function places({ domains = {}, planned = {} }, labels) {
    return Object.fromEntries(Object.keys({ ...planned, ...domains }).map((name) => [name, {
      label: labels.get(domains[name]) || '',
      planned: planned[name] && planned[name] !== domains[name] ? labels.get(planned[name]) || '?' : '',
    }]));
  }

  /** Sort rows by 'member', 'status' or a level; numbers in names count as numbers, equals stay in order. */
  function sorted(list, key, down) {
    const collator = ensembles.formats.collator();
    const value = (row) => {
      if (key === 'member') { return row.member; }
      return key === 'status' ? state(row.status || '') : (row.places[key] || {}).label || '';
    };
    const order = [...list].sort((one, other) => collator.compare(value(one), value(other)));
    return down ? order.reverse() : order;
  }

  /**
   * The table. order: {key, down}, what it is sorted by; sort(key): a heading was pressed;
   * url(serverId): the address of an instance; change: the address of the drawing of a change, null where there is none.
   */
  function table(ensemble, current, { tiers, levels, order, sort, url, change }) {
    const byName = new Map(tiers.map((tier) => [tier.name, tier]));
    const heading = (key, text) => el('th', {
      scope: 'col', 'aria-sort': order.key === key ? (order.down ? 'descending' : 'ascending') : null,
    }, el('button', {
      type: 'button', class: 'ens-sorter', 'data-key': 'sort-' + key, on: { click: () => sort(key) },
    }, text, el('span', { class: 'ens-sorter-sign', 'aria-hidden': 'true' },
      order.key === key ? (order.down ? '▼' : '▲') : '')));
    return el('table', { class: 'table table-striped ens-members' },
      el('caption', { class: 'sr-only' }, gettext('Members, their status and where they are; the headings sort')),
      el('thead', {}, el('tr', {}, heading('member', gettext('Member')), heading('status', gettext('Status')),
        levels.map((name) => heading(name, ensembles.words.heading(name))),
        el('th', { scope: 'col' }, gettext('Addresses')),
        el('th', { scope: 'col', class: 'ens-wide' }, gettext('Instance ID')),
        change ? el('th', { scope: 'col' }, gettext('Actions')) : null)),
      el('tbody', {}, sorted(rows(ensemble, current), order.key, order.down).map((row) => el('tr', {
        'data-member': row.member,
      },
        el('th', { scope: 'row' }, byName.has(row.tier) ? badge(byName.get(row.tier)) : null, ' ',
          row.serverId && row.known && row.status !== 'DELETED'
            ? el('a', { href: url(row.serverId), 'data-key': 'open-' + row.member }, row.member) : row.member),
        el('td', { 'data-label': gettext('Status') }, said(row)),
        levels.map((name) => el('td', { 'data-label': ensembles.words.heading(name) }, place(row.places[name]))),
        el('td', { 'data-label': gettext('Addresses') }, addressed(row.addresses)),
        el('td', { class: 'ens-wide' }, row.serverId && row.status !== 'DELETED' ? el('code', {}, row.serverId)
          : el('span', { class: 'text-muted' }, gettext('no server'))),
        change ? el('td', { 'data-label': gettext('Actions') }, changes(row.member, change, ensemble)) : null))));
  }

  /** The ways to the drawing of a change that concerns this member alone; the last one of all cannot be taken out. */
  function changes(member, change, { members }) {
    const way = (act, words, title) => el('a', {
      class: 'btn btn-default btn-xs', href: change + '?' + act + '=' + encodeURIComponent(member),
      'data-key': act + '-' + member, title: fill(title, { member }), 'aria-label': fill(title, { member }),
    }, words);
    return [way('replace', gettext('Replace'), gettext('Replace %(member)s by a new server')), ' ',
      members.length > 1 ? way('release', gettext('Take out'), gettext('Take out %(member)s and keep its server')) : null];
  }

  function said(row) {
    const bad = !row.known || row.fault || row.cut;
    const sign = bad ? 'bad' : SIGNS[row.status] || 'warn';
    return [
      el('span', { class: 'ens-status ens-' + sign }, icon(sign), ' ', word(row)),
      row.fault ? el('span', { class: 'ens-fault-text' }, row.fault) : null,
      row.outdated ? el('span', { class: 'ens-outdated' }, icon('warn'), ' ',
        gettext('Outdated: built as its tier was before. Replace it to have it as the tier is now.')) : null,
    ];
  }

  function word(row) {
    if (!row.known) { return gettext('Gone: Nova has no such server'); }
    if (row.cut) { return gettext('Active, but its host is down'); }
    return row.fault && row.status === 'DELETED' ? gettext('Failed, and removed again') : state(row.status);
  }

  /** The addresses one below the other; the name of the network is said when one points at an address. */
  function addressed(addresses) {
    return addresses.length
      ? el('ul', { class: 'ens-plain' }, addresses.map(({ network, address }) =>
        el('li', { title: network }, el('code', {}, address)))) : '–';
  }

  function place(where) {
    if (!where) { return '–'; }
    return [where.label || '–', where.planned ? el('span', { class: 'ens-planned' }, icon('warn'), ' ',
      fill(gettext('planned: %(place)s'), { place: where.planned })) : null];
  }

  ensembles.members = { rows, sorted, table, state };
}());
