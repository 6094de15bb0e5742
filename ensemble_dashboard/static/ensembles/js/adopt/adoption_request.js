// SPDX-License-Identifier: Apache-2.0
/* What is asked of the API to adopt servers, and which field of the page an error of it is about. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const { gettext, fill } = ensembles.words;

  // A choice: {kind: one of KINDS, server_group: id, tag, servers: [ids], stack}; what other kinds have stays beside it.
  const KINDS = ['server_group', 'tag', 'servers', 'stack', 'project'];

  /** A choice in the form of the API's `from`; null while nothing is chosen. */
  function source(choice) {
    if (choice.kind === 'project') { return { project: true }; }
    const value = choice[choice.kind];
    const given = typeof value === 'string' ? value.trim() : value;
    return given && given.length ? { [choice.kind]: given } : null;
  }

  /**
   * What is sent: {adopt}. form: {name, choice, policies: whether those of server groups are taken, tiers: [{name,
   * servers}], null for those that are proposed}.
   */
  function body({ name, choice, policies, tiers }) {
    return {
      adopt: {
        name: name.trim(), from: source(choice), ...(tiers ? { tiers } : {}), ...(policies ? {} : { policies: [] }),
      },
    };
  }

  /** What an ensemble may be called until somebody calls it something else. there: {server_groups, servers}. */
  function suggestedName(choice, there, project) {
    switch (choice.kind) {
      case 'server_group':
        return there.server_groups.find(({ id }) => id === choice.server_group)?.name || '';
      case 'servers':
        return stem(there.servers.find(({ id }) => id === choice.servers[0])?.name || '');
      case 'project':
        return project;
      default:
        return choice[choice.kind].trim();
    }
  }

  /** "web" of "web-1.example.org". */
  function stem(name) {
    return name.split('.')[0].replace(/[-_]?\d+$/, '') || name;
  }

  /** The tiers of a proposal in the form of the API, one of them called something else. */
  function renamed(adoption, place, name) {
    return adoption.ensemble.tiers.map((tier, index) => ({
      name: index === place ? name.trim() : tier.name,
      servers: adoption.members.filter((member) => member.tier === tier.name).map((member) => member.server_id),
    }));
  }

  /** The tags that servers have, sorted, without those that an ensemble gives its own. */
  function tags(servers) {
    const found = new Set(servers.flatMap((server) => server.tags).filter((tag) => !/^ensemble(-member)?:/.test(tag)));
    return [...found].sort(ensembles.formats.collator().compare);
  }

  /**
   * Where an error of the API belongs: {id: of the field on the page, null where it is about none; message}.
   * A server that is named is called by its name. sent: the body; there: as in suggestedName.
   */
  function fault({ message, details: { field, reason } }, sent, there) {
    const [, part, rest] = /^adopt\.(\w+)(.*)$/.exec(field || '') || [];
    switch (part) {
      case 'name':
        return { id: 'ens-name', message: reason };
      case 'tiers':
        return { id: 'ens-tier-' + (/^\[(\d+)\]/.exec(rest)?.[1] ?? '0'), message: reason };
      case 'from':
        return { id: 'ens-from', message: ofSource(rest, reason, sent.adopt.from, there) };
      default:
        return { id: null, message };
    }
  }

  function ofSource(rest, reason, from, there) {
    const place = /^\.servers\[(\d+)\]$/.exec(rest)?.[1];
    const server = place && there.servers.find(({ id }) => id === from.servers?.[place]);
    const group = there.server_groups.find(({ id }) => id === from.server_group);
    const what = server || group || { name: from.tag || from.stack };
    return what.name ? fill(gettext('%(what)s: %(reason)s'), { what: what.name, reason }) : reason;
  }

  ensembles.adoptionRequest = { KINDS, source, body, suggestedName, renamed, tags, fault };
}());
