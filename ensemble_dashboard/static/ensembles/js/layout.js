// SPDX-License-Identifier: Apache-2.0
/* From a plan to what the picture shows: the tree of domains, and who is left when some fail. */
(function () {
  'use strict';
  const ensembles = globalThis.ensembles = globalThis.ensembles || {};
  const COLOURS = 10;

  /**
   * Give each tier a letter of its own and a colour. tiers: [{name, count}].
   * The letter is one of the name if one is free, else the first free one of the alphabet.
   */
  function legend(tiers) {
    const taken = new Set();
    return tiers.map((tier, index) => {
      const wanted = [...tier.name.toUpperCase()].filter((sign) => sign >= 'A' && sign <= 'Z');
      const letter = [...wanted, ...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].find((sign) => !taken.has(sign));
      taken.add(letter);
      return { name: tier.name, count: tier.count, letter: letter || '?', colour: index % COLOURS };
    });
  }

  /**
   * Build the tree of the domains in use.
   *
   * plan: {assignments: [{member, tier, domains: {level: ref}}], domains: [{ref, level, parent, label, name}]}
   * Gives the roots, each {ref, level, label, members, children}; members only on the leaves.
   * Only an admin's answer has real names, which are then shown instead of the labels.
   */
  function tree(plan) {
    const nodes = new Map(plan.domains.map((domain) => [domain.ref, {
      ref: domain.ref, level: domain.level, label: domain.name || domain.label,
      parent: domain.parent, members: [], children: [],
    }]));
    const roots = [];
    for (const node of nodes.values()) {
      const parent = nodes.get(node.parent);
      (parent ? parent.children : roots).push(node);
    }
    for (const assignment of plan.assignments) {
      const leaf = deepest(nodes, Object.values(assignment.domains));
      if (leaf) { leaf.members.push(assignment); }
    }
    return roots;
  }

  function deepest(nodes, refs) {
    const found = refs.map((ref) => nodes.get(ref)).filter(Boolean);
    return found.find((node) => !found.some((other) => other.parent === node.ref)) || found[0];
  }

  /** All members at or below a node. */
  function membersBelow(node) {
    return node.members.concat(...node.children.map(membersBelow));
  }

  /**
   * Who is left of each tier when the domains with these refs fail, all at once.
   * tiers: [{name, count}]; failed: Set of refs. Gives [{tier, left, count}] in the tiers' order.
   */
  function survivors(plan, tiers, failed) {
    const lost = new Map();
    for (const assignment of plan.assignments) {
      if (Object.values(assignment.domains).some((ref) => failed.has(ref))) {
        lost.set(assignment.tier, (lost.get(assignment.tier) || 0) + 1);
      }
    }
    return tiers.map((tier) => {
      return { tier: tier.name, left: tier.count - (lost.get(tier.name) || 0), count: tier.count };
    });
  }

  /** Whether every tier has a member left after any one loss, level by level, as the API lists it. */
  function survives(survivability) {
    return survivability.map((item) => {
      return { level: item.level, survives: item.worst.every((worst) => worst.left > 0) };
    });
  }

  /**
   * An ensemble as its details come, in the form of a plan, so that one picture serves both.
   */
  function asPlan(ensemble) {
    return {
      feasible: true,
      assignments: (ensemble.members || []).filter((member) => member.domains).map((member) => {
        return { member: member.name, tier: member.tier, domains: member.domains, status: member.status };
      }),
      domains: ensemble.domains || [],
      survivability: ensemble.survivability || [],
    };
  }

  ensembles.layout = { legend, tree, membersBelow, survivors, survives, asPlan, COLOURS };
  if (typeof module === 'object' && module.exports) { module.exports = ensembles.layout; }
}());
