// SPDX-License-Identifier: Apache-2.0
/* The drain of a host, a rack or a zone in a dialog: what would come of it, then how far it is, and its end. */
(function () {
  'use strict';
  const { words, dom, api, dialog, poll: polls, drainPlan } = globalThis.ensembles;
  const { gettext, ngettext, fill } = words;
  const { el, icon } = dom;

  const PAUSE = 2500; // ms between two looks
  const data = dom.pageData();
  const page = document.querySelector('[data-page]');
  const server = api.open(data.session, page.querySelector('[name=csrfmiddlewaretoken]').value, {
    belongs: gettext('This page was opened in %(project)s.'), ended: '',
  });

  document.addEventListener('click', ({ target }) => {
    const pressed = target.closest('[data-maintain]');
    if (pressed) { open(JSON.parse(pressed.dataset.maintain), pressed.dataset.label); }
  });

  function open(domain, label) {
    const said = el('p', { class: 'ens-maintain-said', 'aria-live': 'polite' },
      gettext('Looking where its members would go …'));
    const bar = el('progress', { hidden: true, 'aria-label': gettext('Members that have left') });
    const plan = el('div', {});
    const note = el('p', { class: 'text-muted' });
    const trouble = el('p', { class: 'ens-bad', role: 'alert' });
    const close = button(gettext('Close'), 'btn-default', () => shown.close(), { autofocus: true });
    const go = button(gettext('Drain'), 'btn-danger', () => act('drain', go));
    const stop = button(gettext('Cancel the drain'), 'btn-danger', () => act('cancel', stop));
    go.hidden = stop.hidden = true;
    const shown = dialog.open(fill(gettext('Drain %(place)s'), { place: label }), [said, bar, plan, note, trouble],
      [close, go, stop], 'ens-dialog-maintain');
    let most = 0;
    let idle = true; // nobody moves, so it is asked what is in the way
    let acted = false;

    const poll = polls.poll({
      ask: () => server.get(data.maintainUrl + '?' + new URLSearchParams(idle ? { ...domain, check: 1 } : domain)),
      took: (answer) => took(answer.domain), failed, page: document, least: PAUSE,
    });
    shown.addEventListener('close', () => {
      poll.stop();
      if (acted && page.dataset.page === 'host') { globalThis.location.reload(); }
    });
    poll.now();

    async function act(action, pressed) {
      pressed.disabled = true;
      trouble.replaceChildren();
      try {
        const answer = await server.post(data.maintainUrl, { action, domain });
        acted = true;
        took(answer.domain);
        document.dispatchEvent(new Event('ens-look'));
        poll.now();
      } catch (problem) {
        failed(problem);
      }
      pressed.disabled = false;
    }

    function took(found) {
      trouble.replaceChildren();
      const runs = found.state === 'draining';
      most = Math.max(most, found.members);
      idle = !runs || !found.moving.length;
      bar.hidden = !runs;
      bar.max = most || 1;
      bar.value = most - found.members;
      stop.hidden = !runs;
      go.hidden = runs || found.state === 'drained' || !found.drain;
      if (runs) { following(found); } else { asking(found); }
      // Before it has begun, and after its end, nothing changes by itself.
      return runs ? 'changed' : 'done';
    }

    function following(found) {
      dom.fillIn(said, found.message);
      if (found.moving.length) { dom.fillIn(plan, drainPlan.moving(found.moving)); }
      if (!found.moving.length && found.drain) { dom.fillIn(plan, drainPlan.stuck(found.drain)); }
      dom.fillIn(note, gettext('You may close this. It goes on, and the same button shows it again.'));
    }

    function asking(found) {
      const over = found.state === 'drained';
      dom.fillIn(said, over ? [icon('good'), ' ', found.message] : [found.message, ' ', found.drain && first(found)]);
      dom.fillIn(plan, !over && found.drain && found.members ? drainPlan.preview(found.drain) : null);
      dom.fillIn(note, !over && found.drain && found.drain.fits !== true
        ? gettext('Those that can leave do. The others stay until what is in the way is gone.') : null);
    }

    function failed(problem) {
      dom.fillIn(trouble, icon('bad'), ' ', problem.message, ' ', dom.errorLink(problem) || '');
      return problem.told || problem.status === 403 || problem.status === 404 ? 'stop' : 'again';
    }
  }

  /** What a drain does, in the order in which it does it. */
  function first({ found, members }) {
    const disabled = fill(ngettext('The host is disabled first, so that no new servers come.',
      'All %(count)s hosts are disabled first, so that no new servers come.', found), { count: found });
    return disabled + ' ' + (members ? fill(ngettext(
      'Then %(count)s member moves to another host by live migration. It goes on running.',
      'Then %(count)s members move to other hosts by live migration, one after the other. They go on running.', members),
    { count: members }) : gettext('No member of an ensemble is here, so that is all.'));
  }

  function button(text, look, click, more) {
    return el('button', { type: 'button', class: 'btn ' + look, on: { click }, ...more }, text);
  }
}());
