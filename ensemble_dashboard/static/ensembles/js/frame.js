// SPDX-License-Identifier: Apache-2.0
/* The frame of the drawing page: the drawing on the left, the preview on the right, a strip below. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const { gettext, fill, list } = ensembles.words;
  const { el, fillIn, icon } = ensembles.dom;
  const { slot } = ensembles.problems;

  /**
   * Fill the form once, and give the parts that change.
   * act: {name(text), description(text), undo(), redo(), start(), import(), help(), addTier(), asText()}; data: what the
   * page came with.
   */
  function build(root, data, act) {
    const parts = {
      name: input('ens-name', act.name, true),
      description: input('ens-description', act.description, false),
      undo: stepper('ens-undo', 'undo', act.undo),
      redo: stepper('ens-redo', 'redo', act.redo),
      said: el('span', { class: 'sr-only', role: 'status' }),
      title: el('h2', { tabindex: -1 }, gettext('Tiers')),
      tiers: el('ol', { class: 'ens-cards', id: 'ens-tiers' }),
      quota: el('div', {}),
      between: el('div', { id: 'ens-between' }),
      key: el('div', {}),
      changed: el('div', { id: 'ens-changed', class: 'ens-notice', role: 'status' }),
      picture: el('div', { id: 'ens-picture', tabindex: -1 }),
      tried: el('div', { id: 'ens-tried', 'aria-live': 'polite' }),
      worst: el('div', { id: 'ens-worst', hidden: true }),
      table: el('div', {}),
      remarks: el('div', {}),
      verdict: el('div', { id: 'ens-verdict', class: 'ens-verdict', role: 'status', 'aria-live': 'polite' }),
      // Horizon would switch the button off for good at the first click, whatever came of it.
      submit: el('button', { id: 'ens-submit', type: 'submit', class: 'btn btn-primary always-enabled' },
        icon('check'), ' ', gettext('Create Ensemble')),
    };
    parts.source = ensembles.source.build([
      parts.changed, parts.key, parts.picture, parts.tried, parts.worst, parts.table, parts.remarks,
    ], act.asText);
    fillIn(root, root.querySelector('[name=csrfmiddlewaretoken]'),
      el('div', { class: 'ens-columns' }, drawing(parts, data, act),
        el('section', { class: 'ens-preview', 'aria-label': gettext('Preview') },
          el('h2', { class: 'sr-only' }, gettext('Preview')), parts.source.tabs, parts.source.panels)),
      el('div', { class: 'ens-strip' }, parts.verdict, el('div', { class: 'ens-strip-buttons' },
        el('a', { class: 'btn btn-default', href: data.indexUrl }, gettext('Cancel')), parts.submit)));
    return parts;
  }

  function drawing(parts, data, act) {
    return el('section', { class: 'ens-drawing', 'aria-label': gettext('Drawing') },
      missing(data.choices.missing),
      el('div', { class: 'ens-toolbar' }, parts.undo, parts.redo, parts.said,
        button('ens-start', 'btn-sm ens-push', act.start, icon('template'), ' ', gettext('Start from…')),
        button('ens-import-open', 'btn-sm', act.import, icon('upload'), ' ', gettext('Import…')),
        el('button', {
          id: 'ens-help', type: 'button', class: 'btn btn-default btn-sm', title: gettext('Keys'),
          'aria-label': gettext('Keys'), on: { click: act.help },
        }, icon('key'))),
      el('div', { class: 'ens-name' },
        field('ens-name', gettext('Name'), parts.name),
        field('ens-description', gettext('Description'), parts.description)),
      parts.title,
      ensembles.edges.build(parts.tiers), slot('ens-tiers'),
      button('ens-add-tier', 'ens-add', act.addTier, icon('more'), ' ', gettext('Add a tier')),
      parts.quota,
      parts.between);
  }

  function input(id, changed, required) {
    return el('input', {
      id, class: 'form-control', type: 'text', required, on: { input: (event) => changed(event.target.value) },
    });
  }

  function field(id, label, control) {
    return el('div', { class: 'form-group' }, el('label', { for: id }, label), control, slot(id));
  }

  function button(id, look, action, ...content) {
    return el('button', { id, type: 'button', class: 'btn btn-default ' + look, on: { click: action } }, content);
  }

  function stepper(id, sign, action) {
    return button(id, 'btn-sm ens-step', action, icon(sign), ' ', el('span', { class: 'ens-step-words' }));
  }

  /** Say on the two buttons what they take back and take again; undone, redone: in words, '' for nothing. */
  function tellSteps(parts, undone, redone) {
    tellStep(parts.undo, undone, undone ? fill(gettext('Undo: %(step)s'), { step: undone }) : gettext('Undo'));
    tellStep(parts.redo, redone, redone ? fill(gettext('Redo: %(step)s'), { step: redone }) : gettext('Redo'));
  }

  function tellStep(part, step, said) {
    part.querySelector('.ens-step-words').textContent = said;
    part.title = said;
    // Not `disabled`: the focus would be lost at the last step.
    part.setAttribute('aria-disabled', String(!step));
  }

  /** Some service did not answer; its list is empty, and the rest works. */
  function missing(names) {
    const said = {
      flavors: gettext('flavors'), images: gettext('images'), networks: gettext('networks'),
      key_pairs: gettext('key pairs'), security_groups: gettext('security groups'), ports: gettext('ports'),
      snapshots: gettext('instance snapshots'), volumes: gettext('volumes'), zones: gettext('availability zones'),
    };
    if (!names.length) { return null; }
    return el('p', { class: 'alert alert-warning' },
      fill(gettext('Not all could be listed: %(names)s.'), { names: list(names.map((name) => said[name])) }));
  }

  /** The policies between tiers as sentences, for those who do not see the edges. */
  function between(page) {
    const shared = page.draft.policies.filter((policy) => policy.between);
    return shared.length ? el('div', { class: 'sr-only' },
      el('h2', {}, gettext('Between tiers')),
      el('ul', {}, shared.map((policy) => el('li', { 'data-sentence': policy.key }, page.sentence(policy))))) : null;
  }

  ensembles.frame = { build, between, tellSteps };
}());
