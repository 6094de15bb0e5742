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

  /** What people call a kind of policy; the term of the field is shown beside it. */
  function kind(type) {
    return {
      'anti-affinity': gettext('Keep apart'), affinity: gettext('Keep together'), spread: gettext('Spread evenly'),
      near: gettext('Keep near'), survive: gettext('Survive failures'), exclusive: gettext('Keep to themselves'),
    }[type] || type;
  }

  /**
   * A policy as one sentence, from the form of the API: {type, level, tiers: [names], enforcement, ...}.
   */
  function policy(rule) {
    const sentence = SENTENCES[rule.type] || (() => rule.type + ': %(tiers)s, %(level)s');
    return fill(sentence(rule, rule.enforcement === 'soft'), {
      level: level(rule.level), tiers: list(rule.tiers), most: rule.max_per_domain || 1, to: rule.to || '?',
      how: rule.type === 'spread' ? evenness(rule) : '',
      failed: domains(rule.level, rule.failures || 1), left: rule.min_available ?? 1,
    });
  }

  const SENTENCES = {
    affinity: (rule, soft) => (soft ? gettext('All members of %(tiers)s should be in one %(level)s.')
      : gettext('All members of %(tiers)s must be in one %(level)s.')),
    'anti-affinity': apart,
    spread: (rule, soft) => {
      if (rule.tiers.length > 1) {
        return soft ? gettext('The members of each of %(tiers)s should be spread: %(how)s.')
          : gettext('The members of each of %(tiers)s must be spread: %(how)s.');
      }
      return soft ? gettext('The members of %(tiers)s should be spread: %(how)s.')
        : gettext('The members of %(tiers)s must be spread: %(how)s.');
    },
    near: (rule, soft) => (soft ? gettext('Every %(level)s that holds members of %(tiers)s should hold one of %(to)s too.')
      : gettext('Every %(level)s that holds members of %(tiers)s must hold one of %(to)s too.')),
    survive: (rule, soft) => {
      if (rule.tiers.length > 1) {
        return soft ? gettext('After the loss of any %(failed)s, at least %(left)s of each of %(tiers)s should be left.')
          : gettext('After the loss of any %(failed)s, at least %(left)s of each of %(tiers)s must be left.');
      }
      return soft ? gettext('After the loss of any %(failed)s, at least %(left)s of %(tiers)s should be left.')
        : gettext('After the loss of any %(failed)s, at least %(left)s of %(tiers)s must be left.');
    },
    exclusive: (rule, soft) => {
      if (rule.other === 'ensemble') {
        return soft ? gettext('A %(level)s with members of %(tiers)s should hold no member of another ensemble.')
          : gettext('A %(level)s with members of %(tiers)s may hold no member of another ensemble.');
      }
      return soft ? gettext('A %(level)s with members of %(tiers)s should hold no server of another project.')
        : gettext('A %(level)s with members of %(tiers)s may hold no server of another project.');
    },
  };

  function apart(rule, soft) {
    if (rule.tiers.length > 1) {
      return soft ? gettext('No %(level)s should hold members of two of %(tiers)s.')
        : gettext('No %(level)s may hold members of two of %(tiers)s.');
    }
    if (rule.max_per_domain > 1) {
      return soft ? gettext('A %(level)s should hold at most %(most)s members of %(tiers)s.')
        : gettext('A %(level)s may hold at most %(most)s members of %(tiers)s.');
    }
    return soft ? gettext('No two members of %(tiers)s should share a %(level)s.')
      : gettext('No two members of %(tiers)s may share a %(level)s.');
  }

  /** How a spread is asked for: "no rack holds over 1 more than another and at least 3 racks are used". */
  function evenness(rule) {
    const asked = [];
    if (rule.max_skew) {
      asked.push(fill(gettext('no %(level)s holds over %(skew)s more than another'),
        { level: level(rule.level), skew: rule.max_skew }));
    }
    if (rule.min_domains) {
      asked.push(fill(ngettext('at least %(domains)s is used', 'at least %(domains)s are used', rule.min_domains),
        { domains: domains(rule.level, rule.min_domains) }));
    }
    return asked.length ? list(asked) : gettext('how is not said yet');
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
    gettext, ngettext, fill, level, label, list, kind, policy, objective, left, members, domains, survives, status, size,
    memory,
  };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.words; }
}());
