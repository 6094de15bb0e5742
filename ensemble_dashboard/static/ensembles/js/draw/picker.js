// SPDX-License-Identifier: Apache-2.0
/* A list to choose from: searched, page by page; what is chosen stays in sight whatever is searched. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill } = ensembles.words;
  const { el, fillIn, icon } = ensembles.dom;

  const PAUSE = 250; // ms of quiet before a search is asked for
  const FEW = 7; // a list as short as this needs no search

  /**
   * Bring a list of _picker.html to life. asked: {kind, catalogue, change(ids), many: whether several can be chosen, in
   * an order that matters, columns: [text(item)] after the name, refuse(item): why not, in words, none: what choosing
   * nothing is called}. Gives what shows it anew, with these ids chosen.
   */
  function open(root, asked) {
    const { kind, catalogue } = asked;
    const [list, search, rows, more, status] = [
      '.ens-chosen', '[type=search]', 'tbody', '.ens-picker-rows + button', '.ens-picker-told',
    ].map((part) => root.querySelector(part));
    let chosen = [];
    let control = null;
    let timer = 0;
    let last = null; // the page shown last: {text, next}

    function choose(ids) {
      chosen = ids;
      asked.change(ids);
      mark();
    }

    /** Bring the list of the chosen and the marks in the rows up to date. */
    function mark() {
      const inputs = [...rows.querySelectorAll('input')];
      for (const input of inputs) { input.checked = input.value ? chosen.includes(input.value) : !chosen.length; }
      // A single choice is told apart only when its row is not there.
      const told = asked.many || !inputs.some((input) => input.checked);
      fillIn(list, told ? chosen.map(chip) : null);
    }

    function chip(one, place) {
      const name = catalogue.name(kind, one);
      const tool = (sign, label, to) => el('button', {
        type: 'button', class: 'btn btn-link ens-tool', 'aria-label': label, title: label,
        on: {
          click: () => {
            choose(to);
            (list.children[Math.min(place, chosen.length - 1)]?.querySelector('button:last-child') || search).focus();
          },
        },
      }, icon(sign));
      const without = chosen.filter((other) => other !== one);
      return el('li', {}, el('span', { class: 'ens-wrap' }, name),
        asked.many && place ? tool('up', fill(gettext('%(name)s: earlier'), { name }),
          [...without.slice(0, place - 1), one, ...without.slice(place - 1)]) : null,
        asked.many ? tool('remove', fill(gettext('%(name)s: leave out'), { name }), without) : null);
    }

    function row(item) {
      const why = asked.refuse ? asked.refuse(item) : '';
      const input = el('input', {
        id: root.id + '-' + item.id, type: asked.many ? 'checkbox' : 'radio', name: root.id, value: item.id,
        disabled: Boolean(why) && !chosen.includes(item.id),
        on: {
          change: () => {
            const others = asked.many ? chosen.filter((one) => one !== item.id) : [];
            choose(input.checked && item.id ? [...others, item.id] : others);
          },
        },
      });
      return el('tr', {
        class: why ? 'is-refused' : null,
        on: { click: (event) => { if (!event.target.closest('label, input')) { input.click(); } } },
      },
      el('td', {}, input),
      el('th', { scope: 'row' }, el('label', { for: input.id, class: 'ens-wrap' }, item.name),
        why ? el('span', { class: 'ens-why' }, icon('warn'), ' ', why) : null),
      (asked.columns || []).map((text) => el('td', {}, text(item))));
    }

    function show(text, page, further) {
      last = { text, next: page.next };
      const made = page.items.map(row);
      if (further) {
        rows.append(...made);
        made[0]?.querySelector('input').focus();
      } else {
        fillIn(rows, asked.none && !text ? row({ id: '', name: asked.none }) : null, made);
      }
      more.hidden = !page.next;
      const count = rows.querySelectorAll('input:not([value=""])').length;
      status.textContent = count === 0 ? (text ? gettext('Nothing has that in its name.') : gettext('There are none.'))
        : text || page.next ? fill(ngettext('%(count)s shown.', '%(count)s shown.', count), { count }) : '';
      mark();
    }

    async function load(text, marker) {
      if (control) { control.abort(); }
      const own = control = new AbortController();
      status.textContent = gettext('Searching…');
      try {
        const page = await catalogue.find(kind, text, marker, own.signal);
        if (own === control) { show(text, page, Boolean(marker)); }
      } catch (problem) {
        if (own === control) { status.textContent = problem.message; }
      }
    }

    search.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => load(search.value.trim()), PAUSE);
    });
    more.addEventListener('click', () => load(last.text, last.next));
    return (ids) => {
      chosen = [...ids];
      search.value = '';
      const first = catalogue.first(kind);
      search.hidden = Boolean(first) && !first.next && first.items.length <= FEW;
      if (first) { show('', first); } else { load(''); }
      rows.querySelector('input:checked')?.scrollIntoView?.({ block: 'nearest' });
      catalogue.learn(kind, chosen).then((learned) => { if (learned) { mark(); } }, () => {});
    };
  }

  ensembles.picker = { open };
}());
