// SPDX-License-Identifier: Apache-2.0
/* The side sheet of a tier: all that its servers are made of, as in Launch Instance. It opens over the drawing, so that
   the preview stays in sight while something is chosen. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, fill } = ensembles.words;
  const { el, fillIn, icon, badge } = ensembles.dom;
  const { problems, picker, server } = ensembles;

  const TABS = [
    { name: 'source', title: () => gettext('Source'), fields: ['image', 'volumes'], build: source },
    { name: 'flavor', title: () => gettext('Flavor'), fields: ['flavor'], build: flavor },
    { name: 'networks', title: () => gettext('Networks'), fields: ['networks', 'ports'], build: networks },
    { name: 'access', title: () => gettext('Access'), fields: ['securityGroups', 'keyName'], build: access },
    { name: 'setup', title: () => gettext('Configuration'), fields: ['userData', 'configDrive', 'zone'], build: setup },
    { name: 'metadata', title: () => gettext('Metadata'), fields: ['metadata'], build: metadata },
  ];

  /** The tab that a field of a tier is on; undefined for fields that the sheet does not have. */
  const tabOf = (field) => TABS.find((tab) => tab.fields.includes(field));

  /**
   * page: {draft, catalogue, quota, legend, type(key, values), change(key, values)}. The sheet stays closed until
   * show(key, tab); update(problems) brings it up to date after each change of the drawing.
   */
  function make(page) {
    let key = null;
    let open = null; // the tab
    let told = [];
    const tier = () => page.draft.tiers.find((one) => one.key === key);
    const form = {
      page, tier,
      set: (values) => page.change(key, values),
      type: (values) => page.type(key, values),
      again: () => build(open),
    };
    const tabs = TABS.map((tab) => el('button', {
      id: 'sheet-tab-' + tab.name, type: 'button', role: 'tab', 'aria-controls': 'sheet-panel',
      on: { click: () => build(tab) },
    }));
    const title = el('span', {});
    const bars = el('div', {});
    const panel = el('div', { id: 'sheet-panel', class: 'ens-sheet-panel', role: 'tabpanel' });
    const list = el('div', {
      class: 'ens-tablist', role: 'tablist', 'aria-label': gettext('Server details'), on: { keydown: walk },
    }, tabs);
    const dialog = ensembles.modal.make('ens-sheet', title, bars, list, panel, el('div', { class: 'ens-sheet-foot' },
      el('button', { type: 'button', class: 'btn btn-primary', on: { click: () => dialog.close() } }, gettext('Done'))));
    dialog.classList.add('ens-sheet');
    dialog.addEventListener('close', () => {
      fillIn(panel);
      document.getElementById(key + '-server')?.focus();
    });

    /** Arrows, Home and End go from tab to tab, as in every list of tabs. */
    function walk(event) {
      const place = TABS.indexOf(open);
      const step = getComputedStyle(list).direction === 'rtl' ? -1 : 1;
      const to = {
        ArrowRight: place + step, ArrowLeft: place - step, ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: -1,
      }[event.key];
      if (to === undefined) { return; }
      event.preventDefault();
      build(TABS.at(to % TABS.length));
      tabs[TABS.indexOf(open)].focus();
    }

    function build(tab) {
      open = tab;
      panel.setAttribute('aria-labelledby', 'sheet-tab-' + tab.name);
      fillIn(panel, tab.build(form));
      update(told);
    }

    function update(problemsNow) {
      told = problemsNow;
      if (!dialog.open) { return; }
      if (!tier()) {
        dialog.close();
        return;
      }
      const mine = told.filter(({ place }) => place.key === key);
      fillIn(title, badge(page.legend.get(key)), ' ', fill(gettext('Servers of %(tier)s'), { tier: tier().name }));
      fillIn(bars, ensembles.quota.bars(page.quota()));
      TABS.forEach((tab, place) => {
        const wrong = mine.some((one) => tab.fields.includes(one.place.field));
        tabs[place].setAttribute('aria-selected', String(tab === open));
        tabs[place].tabIndex = tab === open ? 0 : -1;
        fillIn(tabs[place], tab.title(), wrong ? el('span', { class: 'ens-bad' }, ' ', icon('warn'),
          el('span', { class: 'sr-only' }, gettext('needs attention'))) : null);
      });
      for (const slot of panel.querySelectorAll('.ens-error')) {
        const said = mine.filter(({ place }) => slot.id === 'sheet-' + place.field + '-error');
        slot.textContent = said.map((one) => one.message).join(' ');
        slot.hidden = !said.length;
      }
    }

    return {
      update,
      show(of, field) {
        key = of;
        dialog.showModal();
        build(tabOf(field) || TABS[0]);
        tabs[TABS.indexOf(open)].focus();
      },
    };
  }

  // --- The tabs: each gives nodes, from a form {page, tier(), set(values), type(values), again()}. ---

  const help = (sentence, values) => el('p', { class: 'help-block' }, fill(sentence, values || {}));
  const error = (field) => problems.slot('sheet-' + field);

  function pick(form, kind, field, label, more) {
    const { catalogue } = form.page;
    const chosen = form.tier()[field];
    return picker.make({
      id: 'sheet-' + field, kind, label, catalogue, chosen: (Array.isArray(chosen) ? chosen : [chosen]).filter(Boolean),
      change: (ids) => form.set({ [field]: more && more.many ? ids : ids[0] || '' }), ...more,
    });
  }

  function radios(name, label, chosen, offered, change) {
    const one = ([value, text]) => el('label', {}, el('input', {
      id: name + '-' + value, type: 'radio', name, value, checked: value === chosen, on: { change: () => change(value) },
    }), ' ', text);
    return el('div', { class: 'ens-radios', role: 'radiogroup', 'aria-label': label }, offered.map(one));
  }

  function source(form) {
    const { catalogue } = form.page;
    const { volumes, image, count } = form.tier();
    const kind = form.kind || (volumes ? 'volumes' : catalogue.get('snapshots', image) ? 'snapshots' : 'images');
    form.kind = null;
    const kinds = [
      ['images', gettext('Image')], ['snapshots', gettext('Instance snapshot')], ['volumes', gettext('Volume')],
    ];
    const turn = (to) => {
      const onVolumes = to === 'volumes';
      form.kind = to;
      if (Boolean(form.tier().volumes) !== onVolumes) { form.set({ volumes: onVolumes ? [] : null }); }
      form.again();
      document.getElementById('sheet-from-' + to).focus();
    };
    return [
      radios('sheet-from', gettext('Boot from'), kind, kinds.filter(([one]) => catalogue.has(one)), turn),
      kind === 'volumes' ? [
        help(gettext('Each member boots from a volume of its own, the first from the first: %(count)s in all. '
          + 'Volumes are kept when the ensemble is deleted.'), { count: count || 0 }),
        pick(form, kind, 'volumes', gettext('Volumes'), {
          many: true, columns: [{ title: gettext('Size'), text: gb('size') }],
        }),
        error('volumes'),
      ] : [
        pick(form, kind, 'image', kind === 'images' ? gettext('Images') : gettext('Instance snapshots'), {
          columns: [
            { title: gettext('Size'), text: (item) => bytes(item.size) },
            { title: gettext('Needs a disk of'), text: gb('min_disk') },
            { title: gettext('Needs RAM of'), text: mb('min_ram') },
          ],
        }),
        error('image'),
      ],
    ];
  }

  const gb = (field) => (item) => (item[field] ? fill(gettext('%(gb)s GB'), { gb: item[field] }) : '');
  const mb = (field) => (item) => (item[field] ? ensembles.words.memory(item[field]) : '');

  function bytes(size) {
    return size ? fill(gettext('%(mb)s MB'), { mb: Math.ceil(size / 2 ** 20).toLocaleString() }) : '';
  }

  function flavor(form) {
    return [pick(form, 'flavors', 'flavor', gettext('Flavors'), {
      columns: [
        { title: gettext('vCPU'), text: (item) => item.vcpus }, { title: gettext('RAM'), text: mb('ram') },
        { title: gettext('Disk'), text: gb('disk') },
      ],
      refuse: (item) => server.shortage(item, form.page.catalogue.image(form.tier())),
    }), error('flavor')];
  }

  function networks(form) {
    const { networks: wanted, count } = form.tier();
    const kind = Array.isArray(wanted) ? 'chosen' : wanted;
    const { catalogue } = form.page;
    return [
      radios('sheet-net', gettext('Networks'), kind, [
        ['auto', gettext('Automatic: the only network of the project')],
        ['chosen', gettext('These networks, in this order')],
        ['none', gettext('No network')],
      ], (to) => {
        form.set({ networks: to === 'chosen' ? [] : to });
        form.again();
        document.getElementById('sheet-net-' + to).focus();
      }),
      kind === 'chosen' ? pick(form, 'networks', 'networks', gettext('Networks'), { many: true }) : null,
      error('networks'),
      kind === 'none' ? null : [
        el('h3', {}, gettext('Ports')),
        help(gettext('A port serves one member, so %(count)s members need %(count)s ports, or twice as many; the first '
          + 'member gets the first. With ports, an automatic network is not added.'), { count: count || 0 }),
        pick(form, 'ports', 'ports', gettext('Ports'), {
          many: true, columns: [
            { title: gettext('Address'), text: (item) => item.address },
            { title: gettext('Network'), text: (item) => catalogue.name('networks', item.network) },
          ],
        }),
      ],
      error('ports'),
    ];
  }

  function access(form) {
    return [
      el('h3', {}, gettext('Security groups')),
      pick(form, 'security_groups', 'securityGroups', gettext('Security groups'), { many: true }), error('securityGroups'),
      el('h3', {}, gettext('Key pair')),
      pick(form, 'key_pairs', 'keyName', gettext('Key pairs'), { none: gettext('None') }), error('keyName'),
    ];
  }

  function setup(form) {
    const { userData, configDrive, zone } = form.tier();
    const zones = (form.page.catalogue.first('zones') || { items: [] }).items;
    const offered = zone && !zones.some((one) => one.id === zone) ? [...zones, { id: zone, name: zone }] : zones;
    return [
      el('label', { for: 'sheet-userData' }, gettext('User data')),
      ensembles.userData.make('sheet-userData', userData, (base64) => form.type({ userData: base64 })), error('userData'),
      el('label', { class: 'ens-check' }, el('input', {
        id: 'sheet-configDrive', type: 'checkbox', checked: configDrive,
        on: { change: (event) => form.set({ configDrive: event.target.checked }) },
      }), ' ', gettext('Config drive: metadata and user data on a small disk, for images that do not ask the network')),
      error('configDrive'),
      el('label', { for: 'sheet-zone' }, gettext('Availability zone')),
      el('select', {
        id: 'sheet-zone', class: 'form-control', on: { change: (event) => form.set({ zone: event.target.value }) },
      },
      el('option', { value: '', selected: !zone }, gettext('Any: the planner chooses')),
      offered.map((one) => el('option', { value: one.id, selected: one.id === zone }, one.name))),
      error('zone'),
    ];
  }

  function metadata(form) {
    return [
      help(gettext('Keys and values that each server carries.')),
      ensembles.metadata.make('sheet-metadata', form.tier().metadata || [], (pairs) => form.type({ metadata: pairs })),
      error('metadata'),
    ];
  }

  ensembles.sheet = { make, tabOf };
}());
