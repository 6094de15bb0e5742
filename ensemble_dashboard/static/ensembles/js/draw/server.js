// SPDX-License-Identifier: Apache-2.0
/* What the servers of a tier are made of, as data: in the drawing, in the API, and what is wrong with it. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill } = ensembles.words;

  const { limit } = ensembles.limits;

  const PAIR_NAME = /^[a-zA-Z0-9-_:. ]+$/;

  // A tier's fields that are about its servers. volumes is null when they boot from the image; rootVolume is the
  // API's root_volume, when that is copied to a new volume of theirs. Ports and volumes are ids, dealt to the members in
  // their order. userData is base64; userDataHidden says that the original has some that only its own user sees,
  // until somebody says what to do about it. metadata is [[key, value]], so that a row can be half filled in; zone
  // '' is any. rebuild is the recovery of the tier, after the keys of the tiers that come before it, and gate the API's.
  const EMPTY = {
    flavor: '', image: '', volumes: null, networks: 'auto', ports: [], keyName: '', securityGroups: [],
    userData: '', userDataHidden: false, metadata: [], configDrive: false, zone: '', diskConfig: '', serverDescription: '',
    tags: [], certificates: [], serverName: '', hostname: '', fillIn: [], fixedIps: [], hints: {},
    rootVolume: null, domainsInMetadata: false, rebuild: false, after: [], gate: null,
  };

  // The API's names of these fields, where they are others.
  const FIELDS = {
    key_name: 'keyName', security_groups: 'securityGroups', user_data: 'userData',
    config_drive: 'configDrive', availability_zone: 'zone', disk_config: 'diskConfig', description: 'serverDescription',
    trusted_image_certificates: 'certificates', name: 'serverName', fill_in: 'fillIn',
    fixed_ips: 'fixedIps', scheduler_hints: 'hints', root_volume: 'rootVolume',
    domains_in_metadata: 'domainsInMetadata',
  };

  /** The fields as the API's "server"; what is not set is left out. */
  function toApi(tier) {
    const server = { ...tier.rest, flavor: tier.flavor, ...root(tier) };
    const given = tier.volumes ? { ...tier, rootVolume: null } : tier;
    // Ports and none of "these networks": the ports alone, which is what "auto" means beside them.
    server.networks = Array.isArray(tier.networks) && !tier.networks.length ? 'auto' : tier.networks;
    for (const [name, field] of Object.entries({ ports: 'ports', tags: 'tags', hostname: 'hostname', ...FIELDS })) {
      const value = given[field];
      if (value && (typeof value !== 'object' || Object.keys(value).length)) { server[name] = value; }
    }
    const fixed = (tier.fixedIps || []).filter(({ network }) => server.networks.includes(network));
    if (fixed.length) { server.fixed_ips = fixed; } else { delete server.fixed_ips; }
    const pairs = (tier.metadata || []).filter(([key, value]) => key || value);
    if (pairs.length) { server.metadata = Object.fromEntries(pairs); }
    return server;
  }

  /** What they boot from, by the API's names. */
  function root(tier) {
    if (tier.volumes) { return { volumes: tier.volumes }; }
    return ofSnapshot(tier) ? {} : { image: tier.image };
  }

  /** Whether members boot from new volumes of a volume snapshot, which is in the place of an image. */
  function ofSnapshot({ rootVolume }) { return Boolean(rootVolume && 'snapshot' in rootVolume); }

  /** The root volume of a tier that is to boot from an image, if it has one then. */
  function rootOfImage(tier) {
    if (!ofSnapshot(tier)) { return tier.rootVolume; }
    const made = { ...tier.rootVolume };
    delete made.snapshot;
    return made.size ? made : null;
  }

  /** The fields that say the same as the API's "server"; what has none is kept as `rest` and sent as it came. */
  function fromApi(server) {
    const fields = { ...EMPTY, rest: {} };
    for (const [name, value] of Object.entries(server)) {
      const field = (Object.hasOwn(FIELDS, name) && FIELDS[name]) || name;
      (Object.hasOwn(EMPTY, field) ? fields : fields.rest)[field] = value;
    }
    return { ...fields, metadata: Object.entries(server.metadata || {}) };
  }

  /** What is missing or wrong: [[whether it is, field, message]]. */
  function faults(tier) {
    return [
      [!tier.flavor, 'flavor', gettext('Choose a flavor.')],
      ...rootFaults(tier),
      ...netFaults(tier),
      [(tier.userData || '').length > limit('max_user_data_characters'), 'userData', gettext('The user data is too long.')],
      ...pairFaults(tier.metadata || []),
    ];
  }

  /** What must be answered before it is built, though a plan can be made without: as faults. */
  function questions(tier) {
    return [[Boolean(tier.userDataHidden) && !tier.userData, 'userData',
      gettext('There was user data, which is not copied. Add it, or choose to build without.')]];
  }

  function rootFaults(tier) {
    const { image, volumes, rootVolume, count } = tier;
    if (!volumes) {
      return [
        [!image && !ofSnapshot(tier), 'image', gettext('Choose an image.')],
        [ofSnapshot(tier) && !rootVolume.snapshot, 'rootVolume', gettext('Choose a volume snapshot.')],
        [rootVolume && !(rootVolume.size >= 1), 'rootVolume', gettext('Say how large the volumes are to be.')],
      ];
    }
    return [[count > 0 && volumes.length !== count, 'volumes', fill(gettext('Each member boots from a volume of its own: '
      + '%(count)s needed, %(volumes)s chosen.'), { count, volumes: volumes.length })]];
  }

  function netFaults({ networks, ports = [], count }) {
    const chosen = Array.isArray(networks) && networks.length;
    return [
      [Array.isArray(networks) && !chosen && !ports.length, 'networks', gettext('Choose at least one network.')],
      [networks === 'none' && ports.length, 'ports', gettext('Ports make no sense without a network.')],
      [count > 0 && ports.length % count, 'ports', fill(ngettext('%(ports)s port cannot be shared out evenly: each of '
        + 'the %(count)s members needs ports of its own.', '%(ports)s ports cannot be shared out evenly: each of the '
        + '%(count)s members needs ports of its own.', ports.length), { ports: ports.length, count })],
    ];
  }

  function pairFaults(pairs) {
    const longest = limit('max_metadata_length');
    const most = limit('max_metadata_items');
    const used = pairs.filter(([key, value]) => key || value);
    const keys = used.map(([key]) => key);
    return [
      [keys.some((key) => !PAIR_NAME.test(key) || key.length > longest), 'metadata',
        fill(gettext('A key has letters, digits, spaces and - _ : . and 1 to %(longest)s of them.'), { longest })],
      [new Set(keys).size < keys.length, 'metadata', gettext('A key is there twice.')],
      [used.some(([, value]) => value.length > longest), 'metadata',
        fill(gettext('A value has at most %(longest)s characters.'), { longest })],
      [used.length > most, 'metadata', fill(gettext('At most %(most)s pairs.'), { most })],
    ];
  }

  /**
   * Why servers made from the image cannot have the flavor, in words; '' if they can. image: {min_ram in MB,
   * min_disk in GB, size in bytes}, undefined where the root disk is a volume or the image is not known. onVolume
   * says that the image is copied to a volume, so that the flavor's disk does not matter.
   */
  function shortage(flavor, image, onVolume) {
    if (!image) { return ''; }
    if (onVolume) { return lacksMemory(flavor, image); }
    if (!flavor.disk) { return gettext('no disk for an image'); }
    const disk = Math.max(image.min_disk || 0, Math.ceil((image.size || 0) / 2 ** 30));
    if (flavor.disk < disk) { return fill(gettext('the image needs a disk of %(disk)s GB'), { disk }); }
    return lacksMemory(flavor, image);
  }

  function lacksMemory(flavor, image) {
    if (flavor.ram >= (image.min_ram || 0)) { return ''; }
    return fill(gettext('the image needs %(ram)s MB of RAM'), { ram: image.min_ram });
  }

  ensembles.server = {
    EMPTY, ofSnapshot, rootOfImage, FIELDS, toApi, fromApi, faults, pairFaults, questions, shortage,
  };
}());
