// SPDX-License-Identifier: Apache-2.0
/* Ensembles in words: levels, policies as sentences, counts; every string goes through gettext. */
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

  /** "web", "web and cache", "web, cache and db". */
  function list(names) {
    if (names.length < 2) { return names.join(''); }
    return fill(gettext('%(first)s and %(last)s'), {
      first: names.slice(0, -1).join(', '), last: names[names.length - 1],
    });
  }

  /** What people call a kind of policy; the term of the field is shown beside it. */
  function kind(type) {
    return { 'anti-affinity': gettext('keep apart'), affinity: gettext('keep together') }[type] || type;
  }

  /**
   * A policy as one sentence. policy: {type, level, tiers: [names], enforcement, max_per_domain}.
   */
  function policy(rule) {
    const soft = rule.enforcement === 'soft';
    const most = rule.max_per_domain || 1;
    const values = { level: level(rule.level), tiers: list(rule.tiers), most };
    let sentence;
    if (rule.type === 'affinity') {
      sentence = soft ? gettext('All members of %(tiers)s should be in one %(level)s.')
        : gettext('All members of %(tiers)s must be in one %(level)s.');
    } else if (rule.type !== 'anti-affinity') {
      sentence = rule.type + ': %(tiers)s, %(level)s';
    } else if (rule.tiers.length > 1) {
      sentence = soft ? gettext('No %(level)s should hold members of two of %(tiers)s.')
        : gettext('No %(level)s may hold members of two of %(tiers)s.');
    } else if (most > 1) {
      sentence = soft ? gettext('A %(level)s should hold at most %(most)s members of %(tiers)s.')
        : gettext('A %(level)s may hold at most %(most)s members of %(tiers)s.');
    } else {
      sentence = soft ? gettext('No two members of %(tiers)s should share a %(level)s.')
        : gettext('No two members of %(tiers)s may share a %(level)s.');
    }
    return fill(sentence, values);
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
   * What a whole plan survives, from "survives": [{level, survives}], as one sentence.
   */
  function survives(levels) {
    const yes = levels.filter((item) => item.survives).map((item) => level(item.level));
    const no = levels.filter((item) => !item.survives).map((item) => level(item.level));
    if (!levels.length) { return gettext('Not known yet.'); }
    if (!no.length) {
      return fill(gettext('Every tier outlives the loss of any one %(levels)s.'), { levels: or(yes) });
    }
    if (!yes.length) {
      return fill(gettext('The loss of one %(levels)s can end a tier.'), { levels: or(no) });
    }
    return fill(gettext('Every tier outlives the loss of any one %(yes)s, but not of any one %(no)s.'),
      { yes: or(yes), no: or(no) });
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
    const ram = flavor.ram % 1024 ? fill(gettext('%(mb)s MB'), { mb: flavor.ram })
      : fill(gettext('%(gb)s GB'), { gb: flavor.ram / 1024 });
    return fill(gettext('%(vcpus)s vCPU, %(ram)s, disk %(disk)s GB'), {
      vcpus: flavor.vcpus, ram, disk: flavor.disk,
    });
  }

  ensembles.words = {
    gettext, ngettext, fill, level, list, kind, policy, left, members, domains, survives, status, size,
  };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.words; }
}());
