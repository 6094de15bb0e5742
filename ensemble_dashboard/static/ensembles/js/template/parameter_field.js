// SPDX-License-Identifier: Apache-2.0
/* The field in which the value of a parameter is given, by its type and what is allowed. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext } = ensembles.words;
  const { el, typed } = ensembles.dom;
  const { parameters } = ensembles;

  const MORE = ' more'; // no id begins like this

  /**
   * A label, the field, what it is and its error. asked: {id, name, parameter, value: what the field has, change(value),
   * catalogue, more(kind, chosen, done): lets somebody choose from the whole list}.
   */
  function view(asked) {
    const { id, name, parameter } = asked;
    const label = [typed(parameter.label || name),
      parameters.isRequired(parameter) ? el('span', { class: 'text-muted' }, ' ', gettext('(must be given)')) : null];
    const about = parameter.description ? el('p', { class: 'ens-help ens-wrap', id: id + '-about' }, parameter.description)
      : null;
    const error = el('span', { class: 'help-block ens-error', id: id + '-error', hidden: true });
    const input = field(asked);
    if (about) { input.setAttribute('aria-describedby', about.id); }
    return el('div', { class: 'form-group', 'data-parameter': name }, parameter.type === 'boolean'
      ? el('label', { class: 'ens-check', for: id }, input, ' ', label)
      : [el('label', { for: id }, label), input], about, error);
  }

  function field(asked) {
    const { parameter } = asked;
    if (parameter.type === 'boolean') { return check(asked); }
    if (parameters.kind(parameter)) { return fromCatalogue(asked); }
    const allowed = parameters.choices(parameter);
    if (allowed && parameter.type !== 'comma_delimited_list') {
      return select(asked, allowed.map((one) => [String(one), String(one)]), []);
    }
    return parameter.type === 'json' ? text(asked, 'textarea', { rows: 4 }) : text(asked, 'input', hints(asked));
  }

  function hints({ parameter, value }) {
    const { min, max } = parameters.constraint(parameter, 'range') || {};
    if (parameter.type === 'number') { return { type: 'number', step: 1, min, max, value }; }
    const list = parameter.type === 'comma_delimited_list';
    return { type: 'text', value, placeholder: list ? gettext('one, two, three') : null };
  }

  function text({ id, value, change, parameter }, tag, more) {
    return el(tag, {
      id, class: 'form-control', spellcheck: 'false', required: parameters.isRequired(parameter), ...more,
      on: { input: ({ target }) => change(target.value) },
    }, tag === 'textarea' ? value : null);
  }

  function check({ id, value, change }) {
    return el('input', { id, type: 'checkbox', checked: value, on: { change: ({ target }) => change(target.checked) } });
  }

  function select({ id, value, change, parameter }, options, more) {
    const known = options.some(([one]) => one === value);
    return el('select', {
      id, class: 'form-control', required: parameters.isRequired(parameter),
      on: { change: ({ target }) => change(target.value) },
    }, known ? null : el('option', { value, selected: true }, value || gettext('Choose…')),
    options.map(([one, words]) => el('option', { value: one, selected: one === value }, words)), more);
  }

  /** A choice from the first page of a list; where there are more, the last one opens the whole list. */
  function fromCatalogue(asked) {
    const { parameter, catalogue, change, more, value } = asked;
    const kind = parameters.kind(parameter);
    if (!catalogue.has(kind)) { return text(asked, 'input', { type: 'text', value }); }
    const page = catalogue.first(kind) || { items: [], next: true };
    const listed = page.items.map((item) => [item.id, item.name]);
    const own = value && !listed.some(([id]) => id === value) ? [[value, catalogue.name(kind, value)]] : [];
    const node = select({
      ...asked,
      change: (chosen) => {
        if (chosen !== MORE) { change(chosen); return; }
        node.value = value;
        more(kind, value, change);
      },
    }, [...own, ...listed], page.next ? el('option', { value: MORE }, gettext('More…')) : null);
    return node;
  }

  ensembles.parameterField = { view };
}());
