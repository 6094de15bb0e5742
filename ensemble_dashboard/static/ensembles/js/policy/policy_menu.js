// SPDX-License-Identifier: Apache-2.0
/* The two menus of a card: "Add policy" for the tier itself, "Relate to" for it and another tier. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { policyChip, policyKinds } = ensembles;
  const { ruleOf } = ensembles.apiBody;
  const { addPolicy } = ensembles.draftPolicies;
  const { el, fillIn, icon } = ensembles.dom;
  const EDGE = 8; // pixels that a menu keeps from the window's edge

  let shown = null; // the menu that is open: {button, box, closed}

  /** Open the menu that a button of a tier's card is for, 'add' or 'relate', or close it. */
  function toggle(button, which, key, page) {
    const tier = page.draft.tiers.find((one) => one.key === key);
    if (shown && shown.button === button) {
      close(true);
    } else {
      open(button, button.textContent.trim(), which === 'add' ? offers('own', tier, page, { tiers: [tier.key] })
        : relation(tier, page));
    }
  }

  /** Open a menu at its button, or where something was dropped: {x, y} in the window; closed(): when it is gone. */
  function open(button, label, content, at, closed) {
    close();
    const box = el('div', {
      class: 'ens-popup', role: 'group', 'aria-label': label, tabindex: -1, on: { keydown: press, focusout: leave },
    }, content);
    button.after(box);
    button.setAttribute('aria-expanded', 'true');
    shown = { button, box, closed, at };
    place();
    document.defaultView.addEventListener('resize', place);
    box.querySelector('select, button').focus({ preventScroll: true });
  }

  /** Move the menu to where all of it is in the window, whose scroll bars cover nothing; also when that changes. */
  function place() {
    if (!shown) { return; }
    const { box, at } = shown;
    box.style.translate = 'none';
    const { left, top, width, height } = box.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const within = (wanted, size, room) => Math.max(EDGE, Math.min(wanted, room - size - EDGE));
    box.style.translate = within(at ? at.x : left, width, clientWidth) - left + 'px '
      + (within(at ? at.y : top, height, clientHeight) - top) + 'px';
  }

  function close(back) {
    if (!shown) { return; }
    const { button, box, closed } = shown;
    shown = null;
    document.defaultView.removeEventListener('resize', place);
    button.setAttribute('aria-expanded', 'false');
    box.remove();
    if (back) { button.focus(); }
    if (closed) { closed(); }
  }

  function leave({ relatedTarget }) {
    if (shown && relatedTarget !== shown.button && !shown.box.contains(relatedTarget)) { close(); }
  }

  function press(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape') {
      close(true);
    } else if (by && event.target.matches('button')) {
      const all = [...shown.box.querySelectorAll('button')];
      all[(all.indexOf(event.target) + by + all.length) % all.length].focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  /** What can be chosen, each with its picture and what it is for. */
  function offers(where, tier, page, values, other) {
    const offered = policyKinds.all().filter((kind) => kind[where] && kind.begins(page));
    const stem = tier.key + (values.between ? '-relate-' : '-add-');
    return el('ul', { class: 'ens-plain' }, offered.map((kind) => el('li', {}, el('button', {
      id: stem + kind.type, type: 'button', class: 'ens-policy-offer',
      on: {
        click: () => {
          close();
          const tiers = kind.hasTarget ? [tier.key] : values.tiers;
          add({ ...values, type: kind.type, level: kind[where].level, tiers, ...kind.begins(page) }, page);
        },
      },
    },
    ensembles.policyPicture.picture({ type: kind.type, tiers: values.tiers }),
    el('strong', {}, kind.title), ' ', el('span', { class: 'ens-term' }, kind.type),
    el('span', { class: 'ens-policy-why' }, fill(kind[where].why, { tier: tier.name, other: other ? other.name : '' }))))));
  }

  /** Add a policy, and open it: most are changed a little right away. One that is there already is opened instead. */
  function add(values, page) {
    const same = samePolicy(values, page);
    if (same) {
      policyChip.open(same.key, page);
      document.getElementById(same.key + '-editor').prepend(
        el('p', { class: 'ens-already', role: 'status' }, icon('hint'), ' ',
          gettext('This policy is there already. Change it?')));
      policyChip.focus(same.key + '-chip');
      return;
    }
    page.addPolicy(values);
    const { key } = page.draft.policies[page.draft.policies.length - 1];
    policyChip.open(key, page);
    policyChip.focus(key + '-chip');
  }

  /** The policy that says the same as a new one with these values would. */
  function samePolicy(values, { draft }) {
    const added = addPolicy(draft, values);
    const said = (policy) => JSON.stringify(ruleOf(added, policy));
    const wanted = said(added.policies[added.policies.length - 1]);
    return draft.policies.find((policy) => said(policy) === wanted);
  }

  /** Remove a policy; the focus goes to its neighbour, or to where one is added. */
  function remove(policy, page) {
    const item = document.getElementById(policy.key + '-chip').parentNode;
    const near = item.nextElementSibling || item.previousElementSibling;
    const next = near ? near.dataset.policy + '-chip' : policy.tiers[0] + (policy.between ? '-relate' : '-add');
    policyChip.open(null, page);
    page.removePolicy(policy.key);
    policyChip.focus(next);
  }

  /** Choose the other tier and the relation. wanted: the key of the other tier, if it is known. */
  function relation(tier, page, wanted) {
    const others = page.draft.tiers.filter((one) => one !== tier);
    const list = el('div', {});
    const offer = (key) => {
      const other = others.find((one) => one.key === key);
      fillIn(list, offers('between', tier, page, { between: true, tiers: [tier.key, key], to: key }, other));
    };
    offer(wanted || others[0].key);
    return [
      el('div', { class: 'ens-relate-to' },
        el('label', { for: tier.key + '-relate-to' }, fill(gettext('Relate %(tier)s to'), { tier: tier.name })),
        el('select', {
          id: tier.key + '-relate-to', class: 'form-control input-sm', on: { change: (event) => offer(event.target.value) },
        }, others.map((one) => el('option', { value: one.key, selected: one.key === wanted }, one.name)))),
      list,
    ];
  }

  /** Ask how two tiers are related, where one was dropped on the other. */
  function ask(key, other, page, at, closed) {
    const tier = page.draft.tiers.find((one) => one.key === key);
    open(document.getElementById(key + '-relate'), gettext('Relate to…'), relation(tier, page, other.key), at, closed);
  }

  ensembles.policyMenu = { toggle, ask, remove };
}());
