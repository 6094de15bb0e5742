// SPDX-License-Identifier: Apache-2.0
/* Ensembles in words: levels, counts, statuses; every string goes through gettext. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  // Horizon's page brings Django's catalogue; under Node the words stay English.
  const gettext = globalThis.gettext || ((text) => text);
  const ngettext = globalThis.ngettext || ((one, many, count) => (count === 1 ? one : many));

  /** Fill "%(name)s" in a sentence, numbers as the language writes them; what is filled in is never looked at again. */
  function fill(sentence, values) {
    return sentence.replace(/%\((\w+)\)s/g, (found, name) =>
      (Object.hasOwn(values, name) ? shown(values[name]) : found));
  }

  function shown(value) {
    return typeof value === 'number' ? ensembles.formats.number(value) : String(value);
  }

  /** The word for a level; operators may have more levels than we have words. */
  function level(name) {
    return { host: gettext('host'), rack: gettext('rack'), zone: gettext('zone') }[name] || name;
  }

  /** A level as a heading. */
  function heading(name) {
    const text = level(name);
    return text.charAt(0).toLocaleUpperCase() + text.slice(1);
  }

  /** What a domain is called: by its name for an operator, by a label for a tenant, whom the API tells no names. */
  function label(domain) {
    return domain.name || domain.label;
  }

  /** "web", "web and cache", "web, cache and db". */
  function list(names) {
    if (names.length < 2) { return names.join(''); }
    return fill(gettext('%(first)s and %(last)s'), {
      first: names.slice(0, -1).join(', '), last: names[names.length - 1],
    });
  }

  /** "a", "a or b", "a, b or c". */
  function either(names) {
    if (names.length < 2) { return names.join(''); }
    return fill(gettext('%(first)s or %(last)s'), {
      first: names.slice(0, -1).join(', '), last: names[names.length - 1],
    });
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

  /** "3 hosts", "1 rack"; levels that operators named themselves get an English plural, as the API gives them. */
  function domains(name, count) {
    const sentences = {
      host: ngettext('%(count)s host', '%(count)s hosts', count),
      rack: ngettext('%(count)s rack', '%(count)s racks', count),
      zone: ngettext('%(count)s zone', '%(count)s zones', count),
    };
    return fill(sentences[name] || ngettext('%(count)s %(level)s', '%(count)s %(levels)s', count),
      { count, level: name, levels: several(name) });
  }

  /** Several domains of a level that operators named themselves, in English. */
  function several(name) {
    return name.endsWith('s') ? name : name + 's';
  }

  /** "after the loss of any one rack", "after the loss of any 2 racks", as the API says it. */
  function afterLoss(name, count) {
    const sentences = {
      host: ngettext('after the loss of any one host', 'after the loss of any %(count)s hosts', count),
      rack: ngettext('after the loss of any one rack', 'after the loss of any %(count)s racks', count),
      zone: ngettext('after the loss of any one zone', 'after the loss of any %(count)s zones', count),
    };
    const other = ngettext('after the loss of any one %(level)s', 'after the loss of any %(count)s %(levels)s', count);
    return fill(sentences[name] || other, { count, level: name, levels: several(name) });
  }

  /** The word for what a failure leaves of an ensemble; tests/cases/state_words.json proves that it is the API's. */
  function outcome(value) {
    return { works: gettext('works'), degraded: gettext('degraded'), down: gettext('down') }[value] || value;
  }

  /**
   * What the loss of any one domain of each level leaves, in one word each, as the API judges and says it in
   * [{level_label, label}]. planned: it is the plan that says so, and nobody has looked at the servers.
   */
  function outcomes(levels, planned) {
    if (!levels.length) { return gettext('Not known yet.'); }
    const states = levels.map((item) => item.level_label + ': ' + item.label).join(' · ');
    return fill(planned ? gettext('As planned, after the loss of any one %(states)s')
      : gettext('After the loss of any one %(states)s'), { states });
  }

  /** The word for a status of an ensemble or of a member. */
  function status(value) {
    return {
      RESERVING: gettext('Reserving'), BUILDING: gettext('Building'), ACTIVE: gettext('Active'),
      DEGRADED: gettext('Degraded'), ROLLING_BACK: gettext('Rolling back'), ERROR: gettext('Error'),
      DELETING: gettext('Deleting'),
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
    gettext, ngettext, fill, level, heading, label, list, left, members, domains, afterLoss, outcome, outcomes, status, size,
    memory, either, several,
  };
}());
