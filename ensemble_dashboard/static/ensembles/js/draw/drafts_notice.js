// SPDX-License-Identifier: Apache-2.0
/* Says where the drawing comes from, and which other drawings there are: of other projects, and of closed tabs. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;
  const { el, fillIn, icon } = ensembles.dom;
  const COPIES = 3; // drawings of other tabs that are offered

  const note = (...said) => el('p', { class: 'alert alert-info' }, icon('pencil'), ' ', said);
  const button = (name, said, click) => el('button', { type: 'button', class: 'btn btn-link ' + name, on: { click } }, said);
  const time = ensembles.formats.exact;

  /**
   * parts: of the frame; kept: see saved_drafts.js; act: {returned: whether this drawing was left before, anew(),
   * goOn(draft)}.
   */
  function tell(parts, kept, server, act) {
    fillIn(parts.elsewhere, ofProjects(kept, server), act.returned ? returned(kept, act) : null,
      kept.left().slice(0, COPIES).map((one) => ofTab(one, kept, act)));
  }

  /** Which other projects have a drawing of theirs in this tab, with the way there. */
  function ofProjects(kept, server) {
    return kept.others().map((project) => {
      const said = note(
        fill(gettext('A drawing for %(project)s is kept in this tab. It belongs to that project and is not shown here.'),
          { project: project.name }), ' ',
        el('a', { href: server.switched(project.id) }, fill(gettext('Go to %(project)s'), { project: project.name })), ' ',
        button('ens-drop', gettext('Discard that drawing'), () => { kept.drop(project); said.remove(); }));
      return said;
    });
  }

  function returned(kept, act) {
    const said = fill(gettext('This drawing is here as you left it, last changed on %(time)s.'), { time: time(kept.at()) });
    return note(said, ' ',
      button('ens-anew', gettext('Start anew'), act.anew));
  }

  function ofTab({ id, name, at }, kept, act) {
    const said = note(
      fill(gettext('There is a drawing of another tab or a closed one: “%(name)s”, last changed on %(time)s.'),
        { name: name || gettext('without a name'), time: time(at) }), ' ',
      button('ens-go-on', gettext('Go on with it'), () => {
        said.remove();
        act.goOn(kept.take(id));
      }), ' ',
      button('ens-discard', gettext('Discard it'), () => { said.remove(); kept.take(id); }));
    return said;
  }

  ensembles.draftsNotice = { tell };
}());
