// SPDX-License-Identifier: Apache-2.0
/* From a plan to what the picture shows: the tree of domains, and who is left when some fail. */
(function () {
  'use strict';
  const { ensembles } = globalThis;
  const SHOWN = 240; // hosts that are drawn one by one
  const RACKS = 60; // and racks, when not all hosts are
  const SLOTS = 64; // hosts up to which each has a line of its own
  const TALL = 8; // lines in a rack

  /**
   * Build the tree of the domains that the answer tells: those in use, or all.
   *
   * plan: {assignments: [{member, tier, domains: {level: ref}}],
   *        domains: [{ref, level, parent, label, name, held, room: [tiers], down}]}
   * Gives the roots, each {ref, level, label, parent, members, children, held, room, down, below: members at or
   * below it, hosts, used, possible}: how many leaves there are, hold members, could hold one more. Members are
   * on the leaves only; room is null where the API did not tell. Real names are in an admin's answer alone,
   * and are then shown instead of the labels.
   */
  function tree(plan) {
    const nodes = new Map(plan.domains.map((domain) => [domain.ref, {
      ref: domain.ref, level: domain.level, label: ensembles.words.label(domain), parent: domain.parent,
      held: domain.held || 0, room: domain.room || null, down: Boolean(domain.down), members: [],
      children: [],
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
    roots.forEach(count);
    return roots;
  }

  function deepest(nodes, refs) {
    const found = refs.map((ref) => nodes.get(ref)).filter(Boolean);
    return found.find((node) => !found.some((other) => other.parent === node.ref)) || found[0];
  }

  function count(node) {
    node.children.forEach(count);
    const leaf = !node.children.length;
    node.below = node.members.concat(...node.children.map((child) => child.below));
    node.hosts = leaf ? 1 : sum(node.children, 'hosts');
    node.used = leaf ? Number(node.members.length > 0) : sum(node.children, 'used');
    node.possible = leaf ? Number(Boolean(node.room && node.room.length)) : sum(node.children, 'possible');
    node.all = leaf ? node.held : Math.max(node.held, sum(node.children, 'all'));
  }

  function sum(nodes, field) {
    return nodes.reduce((whole, node) => whole + node[field], 0);
  }

  /** All members at or below a node. */
  function membersBelow(node) {
    return node.below;
  }

  /**
   * Choose what of a tree is drawn, so that a thousand hosts are no thousand boxes.
   *
   * opened: Set of refs whose children somebody wants to see, all of them. Gives {roots, slots}; slots: whether
   * each host has room for its name. Each node is {...node, children: those drawn, rest: what is not drawn as
   * {hosts, possible, held, domains} or null, tiers: [[name, count]] where members are counted, not drawn}.
   * Up to SHOWN hosts are all drawn; beyond that, domains that hold no members are told as numbers, and beyond
   * SHOWN hosts in use the members too.
   */
  function fold(roots, opened) {
    const hosts = sum(roots, 'hosts');
    const racks = holders(roots);
    const small = hosts <= SHOWN;
    const crowded = sum(roots, 'used') > SHOWN;

    function drawn(node) {
      const last = isHolder(node);
      const open = small || !node.children.length || opened.has(node.ref) || !(last || racks.length > RACKS);
      const counted = last && crowded && !open;
      const children = node.children.filter((child) => open || (child.used && !counted));
      const left = node.children.filter((child) => !children.includes(child));
      return {
        ...node, children: children.map(drawn), counted,
        tiers: counted ? tally(node.below) : [],
        rest: left.length ? {
          domains: left.length, hosts: sum(left, 'hosts'), possible: sum(left, 'possible'), held: sum(left, 'all'),
          level: left[0].level,
        } : null,
        opened: opened.has(node.ref) && !small,
      };
    }
    return { roots: roots.map(drawn), slots: hosts <= SLOTS && racks.every((rack) => rack.children.length <= TALL) };
  }

  function isHolder(node) {
    return node.children.length > 0 && !node.children[0].children.length;
  }

  function holders(nodes) {
    return nodes.flatMap((node) => (isHolder(node) ? [node] : holders(node.children)));
  }

  /** [[tier, count]] of these members, in the order in which they come. */
  function tally(members) {
    const found = new Map();
    for (const { tier } of members) { found.set(tier, (found.get(tier) || 0) + 1); }
    return [...found];
  }

  /**
   * Who is left of each tier when the domains with these refs fail, all at once. Who does not run is lost already.
   * tiers: [{name, count}]; failed: Set of refs. Gives [{tier, left, count}] in the tiers' order.
   */
  function survivors(plan, tiers, failed) {
    const left = new Map();
    for (const assignment of plan.assignments) {
      if (assignment.running !== false && !Object.values(assignment.domains).some((ref) => failed.has(ref))) {
        left.set(assignment.tier, (left.get(assignment.tier) || 0) + 1);
      }
    }
    return tiers.map((tier) => ({ tier: tier.name, left: left.get(tier.name) || 0, count: tier.count }));
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
      minima: ensemble.minima,
    };
  }

  ensembles.domainTree = { tree, fold, tally, membersBelow, survivors, asPlan };
}());
