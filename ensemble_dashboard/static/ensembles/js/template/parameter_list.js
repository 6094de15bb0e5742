// SPDX-License-Identifier: Apache-2.0
/* The parameters of the template that is drawn: each with what it is called, its default, and what is allowed. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el, fillIn, icon, typed } = ensembles.dom;
  const { parameters, templateDraft } = ensembles;

  const NAME = /^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/;
  const TYPES = {
    string: gettext('text'), number: gettext('number'), boolean: gettext('yes or no'), comma_delimited_list: gettext('list'),
    json: gettext('JSON'),
  };
  const KINDS = {
    '': gettext('any text'), 'nova.flavor': gettext('a flavor'), 'glance.image': gettext('an image'),
    'neutron.network': gettext('a network'), 'nova.keypair': gettext('a key pair'),
  };
  const FIRST = { string: '', number: 1, boolean: false, comma_delimited_list: [], json: {} };

  let shown = ''; // what is on the page, to leave a field alone while somebody types in it

  /** Show the list anew if it is another one; the fold and the field where somebody is stay. */
  function show(page, parts) {
    const { parameters: all = {} } = page.draft;
    const list = parts.parameters;
    const said = JSON.stringify(all);
    if (said === shown && list.childNodes.length) { return; }
    const focused = document.activeElement;
    const inside = list.contains(focused);
    shown = said;
    if (inside && focused.matches('input, textarea')) { return; } // what is typed is there already
    const open = new Set([...list.querySelectorAll('details[open]')].map((one) => one.dataset.name));
    fillIn(list, Object.entries(all).map(([name, one]) => row(page, name, one, open.has(name))));
    if (inside) { document.getElementById(focused.id)?.focus(); }
  }

  function row(page, name, parameter, open) {
    const id = (part) => 'ens-parameter-' + name + '-' + part;
    const change = (more) => page.edit(changed(page.draft, name, { ...page.draft.parameters[name], ...more }));
    const field = (part, label, input) => el('div', { class: 'form-group' }, el('label', { for: id(part) }, label), input);
    const text = (part, label, value, act, more) => field(part, label, el('input', {
      id: id(part), type: 'text', class: 'form-control', value, ...more, on: { change: ({ target }) => act(target.value) },
    }));
    return el('li', {}, el('details', { class: 'ens-more', 'data-name': name, open },
      el('summary', { id: id('fold') }, el('strong', {}, typed(name)), ' · ', TYPES[parameter.type], ' · ',
        parameters.isRequired(parameter) ? gettext('must be given')
          : fill(gettext('default %(value)s'), { value: parameters.shown(parameter, parameter.default) })),
      el('div', { class: 'ens-fields' },
        text('name', gettext('Name'), name, (to) => {
          if (NAME.test(to) && !Object.hasOwn(page.draft.parameters, to)) {
            page.edit(templateDraft.rename(page.draft, name, to));
          } else {
            document.getElementById(id('name')).value = name;
          }
        }, { maxlength: 64, spellcheck: 'false' }),
        field('type', gettext('Type'), el('select', {
          id: id('type'), class: 'form-control', on: {
            change: ({ target }) => {
              const made = templateDraft.remove(page.draft, name);
              const other = { ...described(parameter), type: target.value, default: FIRST[target.value] };
              page.edit(changed(made, name, other));
            },
          },
        }, Object.entries(TYPES).map(([value, words]) =>
          el('option', { value, selected: value === parameter.type }, words)))),
        text('label', gettext('Label in the form'), parameter.label || '',
          (label) => change({ label: label.trim() || undefined }),
          { maxlength: 255 }),
        text('description', gettext('What it is for'), parameter.description || '',
          (description) => change({ description: description || undefined }), { maxlength: 255 }),
        defaultOf(page, name, parameter, id, change),
        constraints(parameter, text, field, id, change)),
      el('button', {
        type: 'button', class: 'btn btn-link ens-tool',
        'aria-label': fill(gettext('Remove the parameter %(name)s'), { name }),
        on: {
          click: () => {
            page.edit(templateDraft.remove(page.draft, name));
            document.getElementById('ens-add-parameter').focus();
          },
        },
      }, icon('trash'), ' ', gettext('Remove'))));
  }

  const described = ({ label, description }) => ({ ...(label ? { label } : {}), ...(description ? { description } : {}) });

  /** The draft with another parameter of this name; what is undefined in it is left out. */
  function changed(draft, name, parameter) {
    const clean = Object.fromEntries(Object.entries(parameter).filter(([, value]) => value !== undefined));
    return { ...draft, parameters: { ...draft.parameters, [name]: clean } };
  }

  function defaultOf(page, name, parameter, id, change) {
    const required = parameters.isRequired(parameter);
    const must = el('label', { class: 'ens-check', for: id('required') }, el('input', {
      id: id('required'), type: 'checkbox', checked: required, on: {
        change: ({ target }) => change({ default: target.checked ? undefined : FIRST[parameter.type] }),
      },
    }), ' ', gettext('Must be given each time'));
    if (required) { return el('div', { class: 'form-group' }, must); }
    const view = ensembles.parameterField.view({
      id: id('default'), name: gettext('Default'), parameter: { ...parameter, label: gettext('Default'), description: '' },
      value: parameters.first(parameter), catalogue: page.catalogue,
      more: () => {}, change: () => {},
    });
    const input = view.querySelector('input, select, textarea');
    input.addEventListener('change', () => {
      const given = input.type === 'checkbox' ? input.checked : input.value;
      const value = parameters.read(parameter, given) ?? FIRST[parameter.type];
      const next = changed(page.draft, name, { ...page.draft.parameters[name], default: value });
      page.edit(templateDraft.withValue(next, name, value));
    });
    return [view, el('div', { class: 'form-group' }, must)];
  }

  /** What is allowed, in fields; constraints that have none stay as they are. */
  function constraints(parameter, text, field, id, change) {
    const given = parameter.constraints || [];
    const value = (kind) => given.find((one) => Object.hasOwn(one, kind))?.[kind];
    const put = (kind, wanted) => {
      const others = given.filter((one) => !Object.hasOwn(one, kind));
      const made = wanted === undefined ? others : [...others, { [kind]: wanted }];
      change({ constraints: made.length ? made : undefined });
    };
    const bound = (kind, end, label) => text(kind + '-' + end, label, value(kind)?.[end] ?? '', (typedIn) => {
      const bounds = { ...value(kind), [end]: /^-?\d{1,15}$/.test(typedIn.trim()) ? Number(typedIn.trim()) : undefined };
      put(kind, bounds.min === undefined && bounds.max === undefined ? undefined
        : Object.fromEntries(Object.entries(bounds).filter(([, one]) => one !== undefined)));
    }, { inputmode: 'numeric' });
    const allowed = (value('allowed_values') || []).join(', ');
    const list = (read) => text('allowed', gettext('One of these alone, with commas'), allowed,
      (typedIn) => put('allowed_values',
        typedIn.trim() ? typedIn.split(',').map((one) => read(one.trim())) : undefined));
    switch (parameter.type) {
      case 'number': return [bound('range', 'min', gettext('At least')), bound('range', 'max', gettext('At most')),
        list((one) => (/^-?\d{1,15}$/.test(one) ? Number(one) : one))];
      case 'string': return [
        field('kind', gettext('It is'), el('select', {
          id: id('kind'), class: 'form-control',
          on: { change: ({ target }) => put('custom_constraint', target.value || undefined) },
        }, Object.entries(KINDS).map(([kind, words]) =>
          el('option', { value: kind, selected: kind === (value('custom_constraint') || '') }, words)))),
        value('custom_constraint') ? null : [list((one) => one),
          bound('length', 'min', gettext('Characters, at least')), bound('length', 'max', gettext('Characters, at most')),
          text('pattern', gettext('Pattern'), value('allowed_pattern') || '',
            (one) => put('allowed_pattern', one || undefined), { spellcheck: 'false', maxlength: 255 })],
      ];
      default: return null;
    }
  }

  /** One more parameter, which nothing refers to yet. */
  function add(page) {
    const name = templateDraft.freeName(page.draft.parameters, 'parameter');
    page.edit({ ...page.draft, parameters: { ...page.draft.parameters, [name]: { type: 'string', default: '' } } });
    const fold = document.querySelector('[data-name="' + name + '"]');
    fold.open = true;
    fold.querySelector('input').select();
  }

  ensembles.parameterList = { show, add };
}());
