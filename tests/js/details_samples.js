// SPDX-License-Identifier: Apache-2.0
'use strict';
/* What the API answers of an ensemble, and of where its servers are now. */
const { PLAN, TIERS, HOSTILE } = require('./samples.js');

const ID = '2c2fdd03-18c8-4114-bbc1-d48be41afab5';
const NOW = '2026-11-22T12:00:20Z';

function member(assignment, status, serverId) {
  return {
    name: assignment.member, tier: assignment.tier, status, server_id: serverId, domains: assignment.domains,
  };
}

const RULES = [
  { holds: true, message: 'No two web on a host.' }, { holds: true, message: 'Two of web outlive a rack.' },
  { holds: false, message: 'web and db should be in one zone.' },
];

/** An ensemble with the statuses of web-0, web-1, web-2 and db-0. */
function ensemble(status, statuses, more) {
  return {
    status, name: 'shop', created_at: '2026-11-22T12:00:00Z', updated_at: '2026-11-22T12:00:10Z',
    progress: {
      active: statuses.filter((one) => one === 'ACTIVE').length, total: 4,
      removed: statuses.filter((one) => one === 'DELETED').length,
      done: statuses.filter((one) => one === (['DELETING', 'ROLLING_BACK'].includes(status) ? 'DELETED' : 'ACTIVE')).length,
      message: status + ' ' + statuses.join(' '),
    },
    tiers: TIERS.map((tier) => ({ ...tier, server: { flavor: 'f-tiny', image: 'unknown' } })),
    policies: [
      { type: 'anti-affinity', level: 'host', tiers: ['web'], enforcement: 'hard', max_per_domain: 1, ...RULES[0] },
      { type: 'survive', level: 'rack', tiers: ['web'], enforcement: 'hard', failures: 1, min_available: 2, ...RULES[1] },
      { type: 'affinity', level: 'zone', tiers: ['web', 'db'], enforcement: 'soft', ...RULES[2] },
    ],
    violations: [{ policy: 2, level: 'zone', message: 'web is in two zones' }], fault: null,
    members: PLAN.assignments.map((one, index) => member(one, statuses[index], index ? ID : null)),
    domains: PLAN.domains, survivability: PLAN.survivability,
    survives: [{ level: 'host', level_label: 'host', state: 'down', label: 'down' }],
    events: [
      { at: '2026-11-22T12:00:00Z', type: 'BUILDING', message: 'first' },
      { at: '2026-11-22T12:00:09Z', type: 'web-0 ACTIVE', message: HOSTILE[1] },
    ],
    ...more,
  };
}

/** The current state: web-1 beside web-2 on h3 of rack r3, and the rest as planned. */
function current(more) {
  const there = { 'web-1': { host: 'h3', rack: 'r3', zone: 'z2' } };
  return {
    as_of: NOW,
    members: PLAN.assignments.map((one) => ({
      name: one.member, tier: one.tier, status: 'ACTIVE', server_id: ID, planned: one.domains,
      addresses: one.member === 'web-1' ? [
        { network: 'front', address: '10.0.0.7' }, { network: HOSTILE[0], address: '2001:db8::7' },
      ] : [],
      domains: there[one.member] || one.domains, moved: Boolean(there[one.member]),
    })),
    domains: PLAN.domains.filter((one) => !['r2', 'h2'].includes(one.ref)),
    levels: ['host', 'rack', 'zone'].map((level) => ({
      level, domains_used: 2,
      worst: [{ tier: 'web', left: 1, count: 3 }, { tier: 'db', left: 0, count: 1 }],
      losses: [
        { domain: { host: 'h3', rack: 'r3', zone: 'z2' }[level], left: { web: 1, db: 1 }, lost: { web: 2 } },
        { domain: { host: 'h1', rack: 'r1', zone: 'z1' }[level], left: { web: 2, db: 0 }, lost: { web: 1, db: 1 } },
      ],
    })),
    as_planned: false, message: '3 of 4 members run where they were planned.',
    promises: [{
      policy: 1, level: 'rack', failures: 1, tiers: [{ message: '1 of web is left, and 2 are needed.' }], holds: false,
    }],
    policies: RULES.map((one) => ({ ...one, holds: false })),
    violations: [
      { policy: 0, level: 'host', message: 'a host holds two of web', enforcement: 'hard', planned: false },
      { policy: 2, level: 'zone', message: 'web is in two zones', enforcement: 'soft', planned: true },
    ],
    differences: [{ member: 'web-1', kind: 'moved', message: 'web-1 is now in rack C; planned was rack B.' }],
    costs: [{ message: 'The loss of rack C now leaves 1 of 3 of web; as planned, 2 would be left.' }],
    ...more,
  };
}

module.exports = { ID, NOW, ensemble, current };
