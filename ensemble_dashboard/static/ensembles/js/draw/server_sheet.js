// SPDX-License-Identifier: Apache-2.0
/* The side sheet of a tier: all that its servers are made of, as in Launch Instance. It opens over the drawing, so that
   the preview stays in sight while something is chosen. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill, memory } = ensembles.words;
  const { el, fillIn, icon, badge } = ensembles.dom;
  const { picker, rootVolume, server } = ensembles;

  // The fields of a tier that each tab has.
  const TABS = {
    source: ['image', 'volumes', 'rootVolume', 'certificates'], flavor: ['flavor'],
    networks: ['networks', 'fixedIps', 'ports'],
    access: ['securityGroups', 'keyName'], setup: ['userData', 'configDrive', 'zone', 'diskConfig', 'rebuild', 'after'],
    metadata: ['serverDescription', 'tags', 'metadata'],
    advanced: ['serverName', 'hostname', 'fillIn', 'domainsInMetadata', 'hints'],
  };

  // Fields that are typed as texts: what stands in them, and what is typed.
  const LISTED = [(texts) => texts.join(', '), split];
  const AS_IT_IS = [(text) => text, (text) => text];
  const LINES = {
    certificates: LISTED, tags: LISTED, serverDescription: AS_IT_IS, serverName: AS_IT_IS, hostname: AS_IT_IS,
  };

  // What may have each member's own values filled in, by the API's names.
  const FILLED = { metadata: 'fillMetadata', user_data: 'fillUserData' };

  /** "a, b" as a list of different texts. */
  function split(text) {
    return [...new Set(text.split(/[,\n]/).map((one) => one.trim()).filter(Boolean))];
  }

  const part = (name) => document.getElementById('sheet-' + name);
  const gb = (field) => (item) => (item[field] ? fill(gettext('%(gb)s GB'), { gb: item[field] }) : '');
  const mb = (field) => (item) => (item[field] ? memory(item[field]) : '');
  const bytes = ({ size }) => (size ? memory(Math.ceil(size / 2 ** 20)) : '');

  /**
   * Bring the sheet to life. page: {draft, catalogue, quota(), legend, render(), type(key, values), change(key, values)}.
   * It stays closed until show(key, field); update(problems) brings it up to date after each change of the drawing.
   */
  function make(page) {
    const dialog = document.getElementById('ens-sheet');
    const tabs = [...part('tabs').children];
    const titles = tabs.map((tab) => tab.textContent);
    const { catalogue } = page;
    let key = null;
    let open = tabs[0];
    let told = [];
    const tier = () => page.draft.tiers.find((one) => one.key === key);
    const set = (values) => page.change(key, values);
    const name = (tab) => tab.id.replace('sheet-tab-', '');

    function list(id, kind, field, more) {
      return part(id) ? picker.open(part(id), {
        kind, catalogue, change: (ids) => set({ [field]: more && more.many ? ids : ids[0] || '' }), ...more,
      }) : () => {};
    }

    const image = { columns: [bytes, gb('min_disk'), mb('min_ram')] };
    const many = { many: true };
    const show = {
      images: list('images', 'images', 'image', image),
      snapshots: list('snapshots', 'snapshots', 'image', image),
      volumes: list('volumes', 'volumes', 'volumes', { many: true, columns: [gb('size')] }),
      volumeSnapshots: list('volumeSnapshots', 'volume_snapshots', null, {
        columns: [gb('size')], change: ([id]) => {
          set({ rootVolume: rootVolume.ofSnapshot(tier().rootVolume, catalogue.get('volume_snapshots', id)) });
          show.rootVolume(tier().rootVolume);
        },
      }),
      flavor: list('flavor', 'flavors', 'flavor', {
        columns: [(item) => item.vcpus, mb('ram'), gb('disk')],
        refuse: (item) => server.shortage(item, catalogue.image(tier()), Boolean(tier().rootVolume)),
      }),
      networks: list('networks', 'networks', 'networks', many),
      ports: list('ports', 'ports', 'ports', {
        many: true, columns: [(item) => item.address, (item) => catalogue.name('networks', item.network)],
      }),
      securityGroups: list('securityGroups', 'security_groups', 'securityGroups', many),
      keyName: list('keyName', 'key_pairs', 'keyName', { none: gettext('None') }),
      userData: ensembles.userData.open((userData) => page.type(key, { userData })),
      addresses: ensembles.addresses.open((fixedIps) => page.type(key, { fixedIps }),
        (id) => catalogue.name('networks', id)),
      rootVolume: rootVolume.open((made) => page.type(key, { rootVolume: made })),
      hints: ensembles.hints.open(page.schedulerHints, (hints) => page.type(key, { hints })),
      metadata: ensembles.metadata.open('sheet-metadata', (metadata) => page.type(key, { metadata })),
    };

    /** Of some radio buttons, check one and show what is for it alone. */
    function turn(group, value) {
      for (const input of dialog.querySelectorAll('[name=sheet-' + group + ']')) { input.checked = input.value === value; }
      const panel = part(group + '-' + value).closest('[role=tabpanel]');
      for (const node of panel.querySelectorAll('[data-when]')) { node.hidden = node.dataset.when !== value; }
    }

    function addresses(anew) {
      const { networks, fixedIps } = tier();
      show.addresses(Array.isArray(networks) ? networks : [], fixedIps, anew);
    }

    /** The other tiers, of which those are checked that come before this one. */
    function others() {
      const found = page.draft.tiers.filter((one) => one.key !== key);
      part('after').closest('fieldset').hidden = !found.length;
      fillIn(part('after'), found.map((one) => el('label', { class: 'ens-check' }, el('input', {
        type: 'checkbox', value: one.key, checked: tier().after.includes(one.key),
        on: {
          change: ({ target }) => {
            const left = tier().after.filter((other) => other !== one.key);
            set({ after: target.checked ? [...left, one.key] : left });
          },
        },
      }), ' ', one.name)));
    }

    function line(field) { part(field).value = LINES[field][0](tier()[field]); }

    const fillTab = {
      source(from) {
        const { volumes, image: id } = tier();
        const made = tier().rootVolume;
        const saved = catalogue.get('snapshots', id) ? 'snapshots' : 'images';
        const kind = from || (volumes ? 'volumes' : server.ofSnapshot(tier()) ? 'volumeSnapshots' : saved);
        turn('from', kind);
        show[kind](volumes || [kind === 'volumeSnapshots' ? made.snapshot : id].filter(Boolean));
        show.rootVolume(kind === 'volumes' ? undefined : made);
        line('certificates');
      },
      flavor: () => show.flavor([tier().flavor].filter(Boolean)),
      networks() {
        const { networks, ports } = tier();
        turn('net', Array.isArray(networks) ? 'chosen' : networks);
        show.networks(Array.isArray(networks) ? networks : []);
        addresses(true);
        show.ports(ports);
      },
      access() {
        show.securityGroups(tier().securityGroups);
        show.keyName([tier().keyName].filter(Boolean));
      },
      setup() {
        const { userData, configDrive, zone } = tier();
        const known = (catalogue.first('zones') || { items: [] }).items.map((one) => one.id);
        const any = part('zone').options[0];
        show.userData(userData);
        part('configDrive').checked = configDrive;
        part('rebuild').checked = tier().rebuild;
        others();
        part('diskConfig').value = tier().diskConfig;
        const zones = [...new Set([...known, zone])].filter(Boolean);
        fillIn(part('zone'), any, zones.map((one) => el('option', { value: one }, one)));
        part('zone').value = zone;
      },
      metadata() {
        line('serverDescription');
        line('tags');
        show.metadata(tier().metadata);
      },
      advanced() {
        line('serverName');
        line('hostname');
        part('domainsInMetadata').checked = tier().domainsInMetadata;
        show.hints(tier().hints, true);
        for (const [field, id] of Object.entries(FILLED)) { part(id).checked = tier().fillIn.includes(field); }
      },
    };

    /** Have the members boot from another kind of thing, of which none is chosen yet. */
    function bootFrom(kind) {
      const { volumes, rootVolume: made } = tier();
      const ofSnapshot = server.ofSnapshot(tier());
      const changed = {};
      if (Boolean(volumes) !== (kind === 'volumes')) { changed.volumes = volumes ? null : []; }
      if (ofSnapshot !== (kind === 'volumeSnapshots')) {
        changed.rootVolume = ofSnapshot ? server.rootOfImage(tier()) : rootVolume.ofSnapshot(made, null);
      }
      if (Object.keys(changed).length) { set(changed); }
    }

    function go(tab) {
      open = tab;
      update(told);
      fillTab[name(tab)]();
    }

    function update(problems) {
      told = problems;
      if (!dialog.open) { return; }
      if (!tier()) {
        dialog.close();
        return;
      }
      // What is chosen or typed there changes what is shown there.
      if (name(open) === 'networks') { addresses(false); }
      if (name(open) === 'advanced') { show.hints(tier().hints, false); }
      const mine = told.filter(({ place }) => place.key === key);
      fillIn(part('tier'), badge(page.legend.get(key)), ' ', tier().name);
      part('withoutUserData').hidden = !server.questions(tier()).some(([asked]) => asked);
      fillIn(part('quota'), ensembles.quota.bars(page.quota()));
      tabs.forEach((tab, place) => {
        const wrong = mine.some((one) => TABS[name(tab)].includes(one.place.field));
        tab.setAttribute('aria-selected', String(tab === open));
        tab.tabIndex = tab === open ? 0 : -1;
        part('panel-' + name(tab)).hidden = tab !== open;
        fillIn(tab, titles[place], wrong ? el('span', { class: 'ens-bad' }, ' ', icon('warn'),
          el('span', { class: 'sr-only' }, gettext('needs attention'))) : null);
      });
      for (const slot of dialog.querySelectorAll('.ens-error')) {
        const said = mine.filter(({ place }) => slot.id === 'sheet-' + place.field + '-error');
        slot.textContent = said.map((one) => one.message).join(' ');
        slot.hidden = !said.length;
      }
    }

    /** Arrows, Home and End go from tab to tab, as in every list of tabs. */
    function walk(event) {
      const on = getComputedStyle(dialog).direction === 'rtl' ? -1 : 1;
      const place = tabs.indexOf(open);
      const to = { ArrowRight: place + on, ArrowLeft: place - on, Home: 0, End: -1 }[event.key];
      if (to === undefined) { return; }
      event.preventDefault();
      go(tabs.at(to % tabs.length));
      open.focus();
    }

    for (const [field, [, read]] of Object.entries(LINES)) {
      part(field).addEventListener('input', ({ target }) => page.type(key, { [field]: read(target.value) }));
    }
    ensembles.keyPair.open(page.makeKeyPair, (made) => {
      catalogue.add('key_pairs', { id: made, name: made });
      set({ keyName: made });
      fillTab.access();
    });
    tabs.forEach((tab) => tab.addEventListener('click', () => go(tab)));
    part('tabs').addEventListener('keydown', walk);
    part('withoutUserData').addEventListener('click', () => {
      set({ userDataHidden: false });
      part('userData').focus();
    });
    dialog.addEventListener('change', ({ target }) => {
      const { value, checked } = target;
      if (target.name === 'sheet-from') {
        bootFrom(value);
        fillTab.source(value);
      } else if (target.name === 'sheet-net') {
        set({ networks: value === 'chosen' ? [] : value });
        fillTab.networks();
      } else if ([part('configDrive'), part('domainsInMetadata'), part('rebuild')].includes(target)) {
        set({ [target.id.replace('sheet-', '')]: checked });
      } else if (Object.values(FILLED).some((id) => target === part(id))) {
        set({ fillIn: Object.keys(FILLED).filter((field) => part(FILLED[field]).checked) });
      } else if (target === part('zone') || target === part('diskConfig')) {
        set({ [target.id.replace('sheet-', '')]: value });
      }
    });
    dialog.addEventListener('close', () => {
      page.render(); // the card says what was typed here
      document.getElementById(key + '-server')?.focus();
    });

    return {
      update,
      show(of, field) {
        key = of;
        dialog.showModal();
        go(tabs.find((tab) => TABS[name(tab)].includes(field)) || tabs[0]);
        open.focus();
      },
    };
  }

  ensembles.serverSheet = { make };
}());
