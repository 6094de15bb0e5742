// SPDX-License-Identifier: Apache-2.0
/* Ensembles in words: levels, counts, statuses; every string goes through gettext. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  // Horizon's page brings Django's catalogue; under Node the words stay English.
  const gettext = globalThis.gettext || ((text) => text);
  const ngettext = globalThis.ngettext || ((one, many, count) => (count === 1 ? one : many));

  /** Fill "%(name)s" in a sentence; what is filled in is never looked at again. */
  function fill(sentence, values) {
    return sentence.replace(/%\((\w+)\)s/g, (found, name) =>
      (Object.hasOwn(values, name) ? String(values[name]) : found));
  }

  /** The word for a level; operators may have more levels than we have words. */
  function level(name) {
    return { host: gettext('host'), rack: gettext('rack'), zone: gettext('zone') }[name] || name;
  }

  /** What a domain is called: by its name for an operator, "rack B" for a tenant, whom the API tells no names. */
  function label(domain) {
    const [, letters] = /^(?:host|rack|zone) ([A-Z]+)$/.exec(domain.label) || [];
    if (domain.name || !letters) { return domain.name || domain.label; }
    return fill({
      host: gettext('host %(letters)s'), rack: gettext('rack %(letters)s'), zone: gettext('zone %(letters)s'),
    }[domain.level], { letters });
  }

  /** "web", "web and cache", "web, cache and db". */
  function list(names) {
    if (names.length < 2) { return names.join(''); }
    return fill(gettext('%(first)s and %(last)s'), {
      first: names.slice(0, -1).join(', '), last: names[names.length - 1],
    });
  }

  /** What the planner looked for, in words: the names of its objectives are few and fixed. */
  function objective(name) {
    const lost = /^worst loss by one (.+)$/.exec(name);
    if (lost) {
      return fill(gettext('members lost with the worst %(level)s, tier by tier'), { level: level(lost[1]) });
    }
    return {
      'soft violations': gettext('wishes (should) that are missed'), moves: gettext('members that must move'),
      packing: gettext('large free blocks broken up'),
    }[name] || name;
  }

  /** "2 of 3 left"; nothing left is said in words of its own. */
  function left(remaining, count) {
    if (remaining === 0) { return gettext('none left'); }
    return fill(gettext('%(left)s of %(count)s left'), { left: remaining, count });
  }

  /** "6 members". */
  function members(count) {
    return fill(ngettext('%(count)s member', '%(count)s members', count), { count });
  }

  /** "3 hosts", "1 rack". */
  function domains(name, count) {
    const sentences = {
      host: ngettext('%(count)s host', '%(count)s hosts', count),
      rack: ngettext('%(count)s rack', '%(count)s racks', count),
      zone: ngettext('%(count)s zone', '%(count)s zones', count),
    };
    return fill(sentences[name] || '%(count)s × %(name)s', { count, name });
  }

  /**
   * What is survived, as the API judges it in [{level, survives, ends, breaks}], as one sentence. planned: it is the
   * plan that says so, and nobody has looked at the servers.
   */
  function survives(levels, planned) {
    const yes = levels.filter((item) => item.survives).map((item) => level(item.level));
    const no = levels.filter((item) => !item.survives).map((item) => level(item.level));
    if (!levels.length) { return gettext('Not known yet.'); }
    const values = { yes: or(yes), no: or(no) };
    if (!no.length) {
      return fill(planned ? gettext('As planned, it survives the loss of any one %(yes)s.')
        : gettext('It survives the loss of any one %(yes)s.'), values);
    }
    if (!yes.length) {
      return fill(planned ? gettext('As planned, the loss of one %(no)s ends a tier or breaks a promise.')
        : gettext('The loss of one %(no)s ends a tier or breaks a promise.'), values);
    }
    return fill(planned ? gettext('As planned, it survives the loss of any one %(yes)s, but not of any one %(no)s.')
      : gettext('It survives the loss of any one %(yes)s, but not of any one %(no)s.'), values);
  }

  function or(names) {
    if (names.length < 2) { return names.join(''); }
    return fill(gettext('%(first)s or %(last)s'), {
      first: names.slice(0, -1).join(', '), last: names[names.length - 1],
    });
  }

  /** The word for a status of an ensemble or of a member. */
  function status(value) {
    return {
      RESERVING: gettext('Reserving'), BUILDING: gettext('Building'), ACTIVE: gettext('Active'),
      ROLLING_BACK: gettext('Rolling back'), ERROR: gettext('Error'), DELETING: gettext('Deleting'),
      RESERVED: gettext('Reserved'), DELETED: gettext('Deleted'),
    }[value] || value;
  }

  /** "2 vCPU, 4 GB, disk 20 GB" of a flavor {vcpus, ram in MiB, disk in GiB}. */
  function size(flavor) {
    return fill(gettext('%(vcpus)s vCPU, %(ram)s, disk %(disk)s GB'), {
      vcpus: flavor.vcpus, ram: memory(flavor.ram), disk: flavor.disk,
    });
  }

  /** "512 MB", "4 GB" of so many MiB. */
  function memory(ram) {
    return ram % 1024 ? fill(gettext('%(mb)s MB'), { mb: ram }) : fill(gettext('%(gb)s GB'), { gb: ram / 1024 });
  }

  ensembles.words = {
    gettext, ngettext, fill, level, label, list, objective, left, members, domains, survives, status, size,
    memory,
  };
}());
