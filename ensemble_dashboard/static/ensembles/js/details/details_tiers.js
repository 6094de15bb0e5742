// SPDX-License-Identifier: Apache-2.0
/* What the servers of each tier are made of, by name where the name is known. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, members } = ensembles.words;
  const { el, badge } = ensembles.dom;

  /** A line for each tier, with what else it has below. names: by id, of flavors, images and networks. */
  function list(tiers, legend, names) {
    return legend.map((one, place) => {
      const { count, server, hidden } = tiers[place];
      const name = (id) => names[id] || id;
      const made = [members(count), name(server.flavor), name(server.image)].filter(Boolean).join(' · ');
      const more = facts(server, hidden || [], name).filter(([, value]) => value);
      return el('li', {}, badge(one), ' ', el('strong', {}, one.name), ' ', el('span', { class: 'ens-wrap' }, made),
        more.length ? el('dl', { class: 'ens-facts' }, more.map(([label, value]) =>
          [el('dt', {}, label), el('dd', { class: 'ens-wrap' }, value)])) : null);
    });
  }

  /** [[label, text]] of all beside flavor and image; what is not set has no text. */
  function facts(server, hidden, name) {
    const joined = (values) => (values || []).join(', ');
    return [
      [gettext('Description'), server.description],
      [gettext('Volumes'), joined(server.volumes)],
      [gettext('Networks'), Array.isArray(server.networks) ? joined(server.networks.map(name)) : ''],
      [gettext('Ports'), joined(server.ports)],
      [gettext('Security groups'), joined(server.security_groups)],
      [gettext('Key pair'), server.key_name],
      [gettext('Availability zone'), server.availability_zone],
      [gettext('User data'), server.user_data || hidden.includes('user_data') ? gettext('yes') : ''],
      [gettext('Config drive'), server.config_drive ? gettext('yes') : ''],
      [gettext('Disk partition'), disk(server.disk_config)],
      [gettext('Tags'), joined(server.tags)],
      [gettext('Metadata'), Object.entries(server.metadata || {}).map(([key, value]) => key + ' = ' + value).join(', ')],
      [gettext('Trusted certificates'), joined(server.trusted_image_certificates)],
    ];
  }

  function disk(config) {
    return { AUTO: gettext('automatic'), MANUAL: gettext('manual') }[config] || config;
  }

  ensembles.detailsTiers = { list };
}());
