// SPDX-License-Identifier: Apache-2.0
'use strict';
/* What the API and the services answer, small: two zones, three racks, and what a tier is made of. */

const CHOICES = {
  flavors: [
    { id: 'f-tiny', name: 'm1.tiny', vcpus: 1, ram: 512, disk: 1 },
    { id: 'f-small', name: 'm1.small', vcpus: 1, ram: 2048, disk: 20 },
  ],
  images: [{ id: 'i-1', name: 'cirros', min_disk: 0, min_ram: 0 }],
  networks: [{ id: 'n-1', name: 'private' }],
  key_pairs: [{ id: 'mine', name: 'mine' }],
  security_groups: [{ id: 'default', name: 'default' }],
  missing: [],
};

function domain(ref, level, parent, label) {
  return { ref, level, parent, label };
}

function assignment(member, zone, rack, host) {
  return { member, tier: member.replace(/-\d+$/, ''), domains: { host, rack, zone } };
}

/** web x 3 over two racks of zone A and one of zone B, db x 1 beside web-0. */
const PLAN = {
  feasible: true,
  assignments: [
    assignment('web-0', 'z1', 'r1', 'h1'), assignment('web-1', 'z1', 'r2', 'h2'),
    assignment('web-2', 'z2', 'r3', 'h3'), assignment('db-0', 'z1', 'r1', 'h1'),
  ],
  domains: [
    domain('z1', 'zone', null, 'zone A'), domain('r1', 'rack', 'z1', 'rack A'), domain('h1', 'host', 'r1', 'host A'),
    domain('r2', 'rack', 'z1', 'rack B'), domain('h2', 'host', 'r2', 'host B'),
    domain('z2', 'zone', null, 'zone B'), domain('r3', 'rack', 'z2', 'rack C'), domain('h3', 'host', 'r3', 'host C'),
  ],
  minima: { web: 1, db: 1 },
  survivability: [
    { level: 'host', level_label: 'host', state: 'down', label: 'down', domains_used: 3,
      worst: [{ tier: 'web', left: 2, count: 3 }, { tier: 'db', left: 0, count: 1 }] },
    { level: 'rack', level_label: 'rack', state: 'down', label: 'down', domains_used: 3,
      worst: [{ tier: 'web', left: 2, count: 3 }, { tier: 'db', left: 0, count: 1 }] },
    { level: 'zone', level_label: 'zone', state: 'down', label: 'down', domains_used: 2,
      worst: [{ tier: 'web', left: 1, count: 3 }, { tier: 'db', left: 0, count: 1 }] },
  ],
  message: '4 members fit.', proof: 'No plan is better.', proved: true,
  objectives: [{ name: 'zone', label: 'lost with a zone', value: 2, bound: 2, proved: true }],
  violations: [], over_quota: [], not_planned_with: [], warnings: [],
  reasons: [],
};

const TIERS = [{ name: 'web', count: 3 }, { name: 'db', count: 1 }];

const HOSTILE = [
  '<img src=x onerror="alert(1)">', '{$ 7*7 $}', '{{ 7*7 }}', 'x'.repeat(255), '🐙'.repeat(60),
  '"><script>alert(1)</script>', '%(name)s', '\u202egnirts',
];

module.exports = { CHOICES, PLAN, TIERS, HOSTILE };
