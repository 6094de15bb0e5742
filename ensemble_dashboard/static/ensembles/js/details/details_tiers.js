// SPDX-License-Identifier: Apache-2.0
/* What the servers of each tier are made of, by name where the name is known. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, members } = ensembles.words;
  const { el, badge, typed } = ensembles.dom;

  /** A line for each tier, with what else it has below. names: by id, of flavors, images and networks. */
  function list(tiers, legend, names) {
    return legend.map((one, place) => {
      const { count, server, hidden } = tiers[place];
      const name = (id) => names[id] || id;
      const made = joined([members(count), name(server.flavor), name(server.image)].filter(Boolean).map(typed), ' · ');
      const more = facts(server, hidden || [], name).filter(([, value]) => value && value.length);
      return el('li', {}, badge(one), ' ', el('strong', {}, one.name), ' ', el('span', { class: 'ens-wrap' }, made),
        more.length ? el('dl', { class: 'ens-facts' }, more.map(([label, value]) =>
          [el('dt', {}, label), el('dd', { class: 'ens-wrap' }, value)])) : null);
    });
  }

  /** Nodes with a text between each two. */
  function joined(nodes, between = ', ') {
    return nodes.flatMap((node, place) => (place ? [between, node] : [node]));
  }

  /** [[label, text or nodes]] of all beside flavor and image; what is not set has none. */
  function facts(server, hidden, name) {
    const several = (values) => joined((values || []).map(typed));
    const one = (text) => several(text ? [text] : []);
    return [
      [gettext('Server names'), one(server.name)],
      [gettext('Host names'), one(server.hostname)],
      [gettext('Description'), one(server.description)],
      [gettext('Volumes'), several(server.volumes)],
      [gettext('Root volumes'), one(rootVolume(server.root_volume))],
      [gettext('Networks'), Array.isArray(server.networks) ? several(server.networks.map(name)) : ''],
      [gettext('Addresses'), joined((server.fixed_ips || []).map(({ network, addresses }) =>
        [typed(name(network)), ': ', several([addresses].flat())]), '; ')],
      [gettext('Scheduler hints'), joined(Object.entries(server.scheduler_hints || {}).map(
        ([key, value]) => [typed(key), ' = ', several([value].flat())]))],
      [gettext('Ports'), several(server.ports)],
      [gettext('Security groups'), several(server.security_groups)],
      [gettext('Key pair'), one(server.key_name)],
      [gettext('Availability zone'), one(server.availability_zone)],
      [gettext('User data'), server.user_data || hidden.includes('user_data') ? gettext('yes') : ''],
      [gettext('Config drive'), server.config_drive ? gettext('yes') : ''],
      [gettext('Told where they are'), server.domains_in_metadata ? gettext('yes') : ''],
      [gettext('Disk partition'), disk(server.disk_config)],
      [gettext('Tags'), several(server.tags)],
      [gettext('Metadata'), joined(Object.entries(server.metadata || {}).map(
        ([key, value]) => [typed(key), ' = ', typed(value)]))],
      [gettext('Trusted certificates'), several(server.trusted_image_certificates)],
    ];
  }

  function rootVolume(root) {
    if (!root) { return ''; }
    const size = fill(gettext('%(gb)s GB'), { gb: root.size });
    const kept = root.delete_on_termination ? gettext('deleted with their servers') : gettext('kept when servers go');
    return [size, root.type, root.snapshot, kept].filter(Boolean).join(' · ');
  }

  function disk(config) {
    return { AUTO: gettext('automatic'), MANUAL: gettext('manual') }[config] || config;
  }

  ensembles.detailsTiers = { list };
}());
