// SPDX-License-Identifier: Apache-2.0
/* A tier as a card: what its servers are made of, how many, and its own policies. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill, list, size } = ensembles.words;
  const { el, icon, badge } = ensembles.dom;
  const error = ensembles.fieldErrors.slot;
  const ROOMY = 5; // tiers up to which each has all its fields on its card

  /**
   * Make the card. page: {draft, catalogue, legend: Map of key -> legend entry, details(key, field): opens
   * the side sheet, type(key, values), change(key, values), duplicate(key), remove(key), and what policy_chip.js
   * takes}. `type` is for fields being typed in, which must stay as they are.
   */
  function card(tier, page) {
    const id = (field) => tier.key + '-' + field;
    return el('div', {
      id: id('card'), class: 'ens-card' + (isCompact(page) ? ' is-compact' : ''), role: 'group', tabindex: -1,
      'data-tier': tier.key,
    },
    el('h3', { class: 'sr-only', 'data-name': tier.key }, tier.name),
      head(tier, page, id), error(id('name')), error(id('count')),
      page.running ? ensembles.whoGoes.view(tier, page) : null,
      page.card?.(tier, page),
      isCompact(page) ? null : choices(tier, page),
      details(tier, page, id),
      policies(tier, page),
      ensembles.edges.handle(tier, page));
  }

  /** A label with the tier's name, which `relabel` brings up to date, as attributes. */
  function labelled(tier, sentence, titled) {
    const label = fill(sentence, { tier: tier.name });
    return { 'aria-label': label, title: titled && label, 'data-labelled': tier.key, 'data-sentence-of-tier': sentence };
  }

  /** The tier has another name: whatever says it, says the new one. */
  function relabel(root, tier) {
    root.querySelectorAll('[data-labelled="' + tier.key + '"]').forEach((node) => {
      const label = fill(node.dataset.sentenceOfTier, { tier: tier.name });
      node.setAttribute('aria-label', label);
      if (node.title) { node.title = label; }
    });
    root.querySelectorAll('[data-name="' + tier.key + '"]').forEach((node) => { node.textContent = tier.name; });
  }

  function head(tier, page, id) {
    const runs = Boolean(page.running?.known(tier));
    return el('div', { class: 'ens-card-head' },
      el('span', { 'data-badge': tier.key }, badge(page.legend.get(tier.key))),
      el('label', { class: 'sr-only', for: id('name') }, gettext('Name of the tier')),
      el('input', {
        id: id('name'), class: 'form-control ens-tier-name', type: 'text', value: tier.name, spellcheck: 'false',
        // By its name a tier that runs is known: under another one its servers would be others.
        readonly: runs, title: runs ? gettext('A tier that runs keeps its name.') : null,
        on: { input: (event) => page.type(tier.key, { name: event.target.value.trim() }) },
      }),
      stepper(tier, page, id),
      tool(id('duplicate'), 'copy', labelled(tier, gettext('Duplicate the tier %(tier)s'), true),
        () => page.duplicate(tier.key)),
      tool(id('remove'), 'trash', labelled(tier, gettext('Remove the tier %(tier)s'), true),
        () => page.remove(tier.key)));
  }

  function stepper(tier, page, id) {
    const step = (by) => () => page.change(tier.key, { count: Math.max(1, (tier.count || 0) + by) });
    return el('div', {
      class: 'ens-stepper', role: 'group', ...labelled(tier, gettext('Members of %(tier)s')),
    },
    el('button', {
      id: id('less'), type: 'button', class: 'btn btn-default', disabled: tier.count <= 1,
      'aria-label': gettext('One member less'), on: { click: step(-1) },
    }, icon('less')),
    el('label', { class: 'sr-only', for: id('count') }, gettext('Number of members')),
    el('input', {
      id: id('count'), class: 'form-control', type: 'number', min: 1, max: ensembles.limits.limit('max_members_per_tier'),
      value: Number.isInteger(tier.count) ? tier.count : '',
      on: { input: (event) => page.type(tier.key, { count: whole(event.target.value) }) },
    }),
    el('button', {
      id: id('more'), type: 'button', class: 'btn btn-default', 'aria-label': gettext('One member more'),
      on: { click: step(1) },
    }, icon('more')));
  }

  function whole(text) {
    return /^\d{1,6}$/.test(text) ? Number(text) : null;
  }

  function tool(id, sign, label, action) {
    return el('button', {
      id, type: 'button', class: 'btn btn-link ens-tool', ...label, on: { click: action },
    }, icon(sign));
  }

  /** The quick choice from the first page of a list; "More…" opens the side sheet, where it is searched. */
  function choice(tier, page, { field, tab, label, kind, text, refuse }) {
    const first = (page.catalogue.first(kind) || { items: [] }).items;
    const chosen = page.catalogue.get(kind, tier[field]);
    const items = chosen && !first.some((item) => item.id === chosen.id) ? [chosen, ...first] : first;
    const id = tier.key + '-' + field;
    const unlisted = tier[field] ? page.catalogue.name('snapshots', tier[field]) : gettext('Choose…');
    const told = tab.told || (chosen ? '' : unlisted);
    return el('div', { class: 'form-group' },
      el('label', { for: id }, label),
      el('select', {
        id, class: 'form-control',
        on: {
          change: ({ target }) => {
            if (target.value !== 'more') { page.change(tier.key, tab.values(target.value)); return; }
            target.value = told ? '' : tier[field];
            page.details(tier.key, field);
          },
        },
      },
      told ? el('option', { value: '', selected: true }, told) : null,
      items.map((item) => {
        const why = refuse ? refuse(item) : '';
        return el('option', { value: item.id, selected: !told && item.id === tier[field], disabled: Boolean(why) },
          text(item), why ? ' — ' + why : '');
      }),
      el('option', { value: 'more' }, gettext('More…'))),
      error(id));
  }

  function choices(tier, page) {
    const image = page.catalogue.image(tier);
    return el('div', { class: 'ens-card-pair' },
      choice(tier, page, {
        field: 'flavor', tab: { values: (flavor) => ({ flavor }) }, label: gettext('Flavor'), kind: 'flavors',
        text: (flavor) => flavor.name + ' · ' + size(flavor),
        refuse: (flavor) => ensembles.server.shortage(flavor, image, Boolean(tier.rootVolume)),
      }),
      choice(tier, page, {
        field: 'image', tab: {
          values: (chosen) => ({ image: chosen, volumes: null, rootVolume: ensembles.server.rootOfImage(tier) }),
          told: bootsFrom(tier, page),
        },
        kind: 'images', label: bootsFrom(tier, page) ? gettext('Boot from') : gettext('Image'), text: (item) => item.name,
      }));
  }

  function volumesOf({ volumes }) {
    return volumes && fill(ngettext('%(count)s volume', '%(count)s volumes', volumes.length), { count: volumes.length });
  }

  /** What members boot from in the place of an image, in words; '' where that is one. */
  function bootsFrom(tier, { catalogue }) {
    if (tier.volumes || !ensembles.server.ofSnapshot(tier)) { return volumesOf(tier) || ''; }
    const { snapshot } = tier.rootVolume;
    return snapshot ? catalogue.name('volume_snapshots', snapshot) : gettext('volume snapshot');
  }

  function rootOf({ volumes, rootVolume }) {
    if (volumes || !rootVolume) { return ''; }
    return rootVolume.size ? fill(gettext('new root volumes of %(gb)s GB'), { gb: rootVolume.size })
      : gettext('new root volumes');
  }

  /** What else the servers are made of, in a line, and the button to the side sheet. */
  function details(tier, page, id) {
    return el('div', { class: 'ens-server' },
      el('button', {
        id: id('server'), type: 'button', class: 'btn btn-default btn-sm', 'aria-haspopup': 'dialog',
        'aria-describedby': id('server-summary') + ' ' + id('server-error'), on: { click: () => page.details(tier.key) },
      }, icon('pencil'), ' ', gettext('Server details')),
      el('span', { id: id('server-summary'), class: 'ens-server-summary ens-wrap' }, summary(tier, page)),
      error(id('server')));
  }

  /** With many tiers, flavor and image stand in one line, and are chosen in the side sheet. */
  function isCompact({ draft }) {
    return draft.tiers.length > ROOMY;
  }

  function summary(tier, page) {
    const { catalogue } = page;
    const image = catalogue.image(tier);
    const names = (kind, ids) => ids.map((one) => catalogue.name(kind, one)).join(', ');
    const networks = {
      auto: tier.ports.length ? '' : gettext('automatic network'), none: gettext('no network'),
    }[tier.networks] ?? names('networks', tier.networks);
    const [ports, pairs] = [tier.ports.length, tier.metadata.length];
    return [
      ...(isCompact(page) ? [catalogue.name('flavors', tier.flavor), bootsFrom(tier, page) || image?.name] : []),
      rootOf(tier), networks,
      ports && fill(ngettext('%(count)s port', '%(count)s ports', ports), { count: ports }), tier.keyName,
      names('security_groups', tier.securityGroups), tier.userData && gettext('user data'),
      pairs && fill(ngettext('%(count)s metadata pair', '%(count)s metadata pairs', pairs), { count: pairs }),
      ...more(tier), tier.after.length && fill(gettext('after %(tiers)s'),
        { tiers: list(ensembles.draftPolicies.tierNames(page.draft, { tiers: tier.after })) }),
    ].filter(Boolean).join(' · ');
  }

  /** What few servers have. */
  function more(tier) {
    return [
      tier.configDrive && gettext('config drive'), tier.zone, tier.fixedIps.length && gettext('addresses'),
      Object.keys(tier.hints).join(', '), tier.serverName, tier.hostname, tier.serverDescription, tier.tags.join(', '),
      tier.diskConfig && gettext('disk partition'), tier.certificates.length && gettext('trusted certificates'),
    ];
  }

  function policies(tier, page) {
    const own = page.draft.policies.filter((policy) => !policy.between && policy.tiers[0] === tier.key);
    return el('div', { class: 'ens-card-policies' },
      own.length ? ensembles.policyChip.chips(own, page, labelled(tier, gettext('Policies of %(tier)s'))) : null,
      ensembles.policyChip.menus(tier, page));
  }

  ensembles.tierCard = { card, relabel };
}());
