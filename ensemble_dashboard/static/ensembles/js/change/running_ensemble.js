// SPDX-License-Identifier: Apache-2.0
/* What the drawing page draws: an ensemble that runs, and what is to become of it. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, ngettext, fill, list } = ensembles.words;
  const { apiBody, drafts, draftFaults, history, carryOver, lazyScripts } = ensembles;
  const { drawing } = ensembles.document;

  // A draft of a change has more fields: base: {generation, described}: what the edits began with; remove: the names
  // of the members that somebody chose to go, release: of those that go without their servers, replace: of those for which
  // another one is built first. mend: whether members move so that policies hold that do not hold now.

  /** data: of the page, with running: {generation, described, now: its survivability, url}. As new_ensemble.js. */
  function open(data) {
    const { running } = data;
    const base = { generation: running.generation, described: running.described };
    const members = new Map(running.described.tiers.map(({ name }) => [name, []]));
    for (const member of running.now.members) { members.get(member.tier)?.push(member); }
    const labels = new Map(running.now.domains.map((domain) => [domain.ref, ensembles.words.label(domain)]));
    const fresh = () => ({ ...drawing(running.described), base, remove: [], replace: [], release: [], mend: false });
    const known = (tier) => running.described.tiers.find(({ name }) => name === tier.name);
    // Written and read again, so that what the drawing adds by itself is no edit.
    const drawn = apiBody.body(fresh());
    const unchanged = ({ name }, { server }) =>
      carryOver.same(drawn.tiers.find((one) => one.name === name)?.server, server);

    /** The draft that was kept, on what the ensemble is now. */
    function resumed(draft) {
      if (!draft.base || draft.base.generation === base.generation) { return { ...fresh(), ...draft, base }; }
      const mine = apiBody.body(draft);
      const before = apiBody.body(drawing(draft.base.described));
      const merged = carryOver.carry(before, mine, drawn);
      const { remove = [], replace = [], release = [], mend = false } = draft;
      return { ...drawing(merged), base, remove, replace, release, mend };
    }

    /** A policy as it was described, where it says the same: what a drawing fills in is no edit. */
    function asDescribed(policy) {
      const at = drawn.policies.findIndex((one) => carryOver.same(one, policy));
      return at < 0 ? policy : running.described.policies[at];
    }

    /** What is sent of a draft. A tier that has its servers made of the same goes without them. */
    function request(draft) {
      const whole = apiBody.body(draft);
      return {
        ensemble: {
          generation: base.generation, description: '', metadata: {}, recovery: {}, ...whole,
          tiers: whole.tiers.map((tier) => {
            const { server, ...other } = tier;
            // What a tier does not say stays as it is.
            const rest = {
              ...(known(tier)?.recovery ? { recovery: { rebuild: false } } : {}),
              ...(known(tier)?.after ? { after: [] } : {}), ...other,
            };
            return known(tier) && unchanged(tier, tier) ? rest : { ...rest, server };
          }),
          policies: whole.policies.map(asDescribed),
        },
        remove: chosen(draft), release: released(draft), replace: draft.replace.filter((name) => tierOf(name)),
        ...(draft.mend ? { mend: true } : {}),
      };
    }

    /** How many members of a tier of the drawing have to go. */
    function surplus(tier) {
      const there = members.get(tier.name);
      return there ? Math.max(0, there.length - (tier.count || there.length)) : 0;
    }

    const ofTier = (names, tier) => names.filter((name) => tierOf(name) === tier.name);
    const tierOf = (name) => running.now.members.find((one) => one.name === name)?.tier;

    /** The names of those that leave without their servers, as far as somebody has to leave. */
    function released(draft) {
      const drawnStill = (name) => draft.tiers.some((tier) => tier.name === tierOf(name));
      return [
        ...draft.tiers.flatMap((tier) => ofTier(draft.release, tier).slice(0, surplus(tier))),
        ...draft.release.filter((name) => tierOf(name) && !drawnStill(name)), // they go with their tiers
      ];
    }

    /** How many members of a tier have to go with their servers. */
    function going(tier, draft) {
      return surplus(tier) - ofTier(released(draft), tier).length;
    }

    /** The names of those that somebody chose to go, as far as somebody has to. */
    function chosen(draft) {
      return draft.tiers.flatMap((tier) => ofTier(draft.remove, tier).slice(0, going(tier, draft)));
    }

    function edited(draft) {
      const sent = request(draft);
      return !carryOver.same(apiBody.body(draft), drawn) || draft.mend
        || [sent.remove, sent.release, sent.replace].some(({ length }) => length > 0);
    }

    /** The steps, with one more when the page was opened to mend, to replace a member or to take it out. */
    function asked(steps) {
      const query = new URLSearchParams(globalThis.location.search);
      if (query.get('mend')) {
        globalThis.history.replaceState(null, '', globalThis.location.pathname);
        return history.record(steps, { ...steps.now, mend: true }, { label: gettext('mend what does not hold') });
      }
      const name = query.get('replace') || query.get('release');
      const tier = steps.now.tiers.find((one) => one.name === tierOf(name));
      if (!tier) { return steps; }
      // A reload must bring back what was drawn since.
      globalThis.history.replaceState(null, '', globalThis.location.pathname);
      if (query.get('replace')) {
        return history.record(steps, { ...steps.now, replace: [...new Set([...steps.now.replace, name])] },
          { label: fill(gettext('replace %(member)s'), { member: name }) });
      }
      if (tier.count === 1 && steps.now.tiers.length === 1) { return steps; } // nobody would be left
      // With its last member a tier goes.
      const fewer = tier.count === 1 ? drafts.removeTier(steps.now, tier.key)
        : drafts.changeTier(steps.now, tier.key, { count: tier.count - 1 });
      return history.record(steps, { ...fewer, release: [...new Set([...steps.now.release, name])] },
        { label: fill(gettext('take out %(member)s'), { member: name }) });
    }

    function plan({ plan: found, change }, draft) {
      return { ...found, change, message: found.feasible ? headline(change, edited(draft)) : found.message };
    }

    function barred(state, draft) {
      if (state.kind === 'refused') { return gettext('This does not fit.'); }
      if (!edited(draft)) { return gettext('Nothing is changed yet.'); }
      return state.kind === 'fits' ? '' : gettext('What would come of it is not known yet.');
    }

    function explain(problem) {
      const gone = problem.status === 404;
      if (problem.told || (problem.status !== 412 && !gone)) { return problem; }
      problem.told = gone
        ? { title: gettext('This ensemble is not there any more.'), more: problem.message, href: data.indexUrl,
          words: gettext('To the list') }
        : { title: gettext('The ensemble was changed meanwhile.'),
          more: gettext('Load it anew: what you have drawn is kept where it still makes sense.'),
          href: document.location.href, words: gettext('Load it anew') };
      return problem;
    }

    /** Ask before servers are deleted, by name. */
    async function agree(found) {
      const { removed } = found.change;
      if (!removed.length) { return true; }
      const { dialog } = await lazyScripts.load('answer');
      return new Promise((resolve) => {
        let agreed = false;
        dialog.ask({
          title: fill(ngettext('Delete %(count)s server?', 'Delete %(count)s servers?', removed.length),
            { count: removed.length }),
          text: fill(ngettext('This change deletes the server of %(members)s. A deleted server is not recoverable.',
            'This change deletes the servers of %(members)s. Deleted servers are not recoverable.', removed.length),
          { members: list(removed) }),
          yes: gettext('Change and delete'), no: gettext('Keep drawing'),
          act: async () => { agreed = true; }, closed: () => resolve(agreed),
        });
      });
    }

    return {
      begin: (kept) => {
        const draft = kept.load();
        const began = draft && resumed(draft);
        if (began && !edited(began)) { kept.clear(); }
        return asked(history.begin(began && edited(began) ? began : fresh()));
      },
      fresh, request, plan, barred, explain, agree, edited,
      samePlan: () => false, // the generation, the name and all else go by the plan's id
      questions: (draft) => draftFaults.questions(draft).filter(({ place }) => {
        const tier = draft.tiers.find(({ key }) => key === place.key);
        return !known(tier) || !unchanged(tier, { server: ensembles.server.toApi(tier) });
      }),
      costs: (draft) => draft.tiers.map((tier) =>
        ({ ...tier, count: Math.max(0, (tier.count || 0) - (members.get(tier.name) || []).length) })),
      more: false,
      running: {
        now: running.now, known, surplus: going, members: (tier) => members.get(tier.name) || [],
        place: (domains) => [...data.levels].reverse().map((level) => labels.get(domains[level])).filter(Boolean)
          .join(' ▸ '),
        leaving: (tiers) => running.described.tiers.filter(({ name }) => tiers.every((tier) => tier.name !== name))
          .map(({ name }) => ({ name, count: 0 })),
      },
    };
  }

  /** "2 new members, 1 removed and 1 moved." */
  function headline({ added, removed, released = [], moved = [] }, edited) {
    const said = [
      added.length
        && fill(ngettext('%(count)s new member', '%(count)s new members', added.length), { count: added.length }),
      removed.length && fill(ngettext('%(count)s removed', '%(count)s removed', removed.length), { count: removed.length }),
      released.length && fill(ngettext('%(count)s taken out', '%(count)s taken out', released.length),
        { count: released.length }),
      moved.length && fill(ngettext('%(count)s moved', '%(count)s moved', moved.length), { count: moved.length }),
    ].filter(Boolean);
    if (said.length) { return fill(gettext('This can be done: %(changes)s.'), { changes: list(said) }); }
    return edited ? gettext('This can be done, and no server is touched.') : gettext('Nothing is changed yet.');
  }

  ensembles.runningEnsemble = { open, headline };
}());
