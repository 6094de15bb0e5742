// SPDX-License-Identifier: Apache-2.0
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { ensembles } = require('./scripts.js');
const { server } = ensembles;

const PLAIN = { ...server.EMPTY, flavor: 'f-1', image: 'i-1', count: 2 };
const FULL = {
  flavor: 'f-1', image: 'i-1', networks: ['n-2', 'n-1'], ports: ['p-1', 'p-2'], key_name: 'mine',
  security_groups: ['default'], user_data: 'IyEvYmluL3No', metadata: { role: 'web', team: '' }, config_drive: true,
  availability_zone: 'az1', name: '{tier}-{index}', hostname: 'web{index}', fill_in: ['user_data'],
  fixed_ips: [{ network: 'n-2', addresses: '10.0.0.5-10.0.0.9' }], scheduler_hints: { disks: ['a', 'b'] },
  domains_in_metadata: true,
};
test('what is not set is not sent', () => {
  assert.deepEqual(server.toApi(PLAIN), { flavor: 'f-1', image: 'i-1', networks: 'auto' });
});

test('all fields go to the API and come back the same', () => {
  assert.deepEqual(server.toApi(server.fromApi(FULL)), FULL);
  const volumes = { flavor: 'f-1', volumes: ['v-1', 'v-2'], networks: 'none' };
  assert.deepEqual(server.toApi(server.fromApi(volumes)), volumes);
});

test('servers boot from volumes or from the image, never from both', () => {
  assert.deepEqual(server.toApi({ ...PLAIN, volumes: ['v-1', 'v-2'] }),
    { flavor: 'f-1', volumes: ['v-1', 'v-2'], networks: 'auto' });
});

test('a new root volume is of the image or of a snapshot, and never beside volumes that exist', () => {
  const rootVolume = { size: 5, type: 'fast' };
  assert.deepEqual(server.toApi({ ...PLAIN, rootVolume }),
    { flavor: 'f-1', image: 'i-1', networks: 'auto', root_volume: rootVolume });
  assert.deepEqual(server.toApi({ ...PLAIN, rootVolume, volumes: ['v-1', 'v-2'] }).root_volume, undefined);
  const snapshot = { flavor: 'f-1', networks: 'auto', root_volume: { size: 5, snapshot: 's-1' } };
  assert.deepEqual(server.toApi(server.fromApi(snapshot)), snapshot);
  const wrong = (tier) => server.faults(tier).filter(([is]) => is).map(([, field]) => field);
  assert.deepEqual(wrong({ ...server.EMPTY, ...server.fromApi(snapshot), count: 2 }), []);
  assert.deepEqual(wrong({ ...PLAIN, rootVolume: { size: null } }), ['rootVolume']);
});

test('a snapshot is chosen with a size that holds it, and an image in its place again', () => {
  const { rootVolume } = ensembles;
  const wrong = (tier) => server.faults(tier).filter(([is]) => is).map(([, field]) => field);
  const none = { ...PLAIN, rootVolume: rootVolume.ofSnapshot(null, null) };
  assert.deepEqual(wrong(none), ['rootVolume', 'rootVolume']);
  assert.equal(server.rootOfImage(none), null);
  const chosen = { ...none, rootVolume: rootVolume.ofSnapshot(none.rootVolume, { id: 's-1', size: 4 }) };
  assert.deepEqual(wrong(chosen), []);
  assert.deepEqual(server.toApi(chosen), { flavor: 'f-1', networks: 'auto', root_volume: { size: 4, snapshot: 's-1' } });
  assert.deepEqual(server.rootOfImage(chosen), { size: 4 });
  assert.equal(rootVolume.ofSnapshot({ size: 9, type: 'fast' }, { id: 's-1', size: 4 }).size, 9);
});

test('the fields of a root volume say what is sent', () => {
  const { read } = ensembles.rootVolume;
  assert.equal(read(false, { size: '5', type: '', deletes: true }, null), null);
  assert.deepEqual(read(true, { size: '5', type: ' fast ', deletes: true }, null),
    { size: 5, type: 'fast', delete_on_termination: true });
  assert.deepEqual(read(true, { size: '-5', type: '', deletes: false }, { size: 4, snapshot: 's' }),
    { size: null, snapshot: 's' });
});

test('ports alone need no network beside them', () => {
  assert.equal(server.toApi({ ...PLAIN, networks: [], ports: ['p-1', 'p-2'] }).networks, 'auto');
});

test('addresses are sent of networks that are chosen', () => {
  const fixedIps = [{ network: 'n-1', addresses: ['10.0.0.5'] }, { network: 'n-2', addresses: ['10.0.0.6'] }];
  assert.deepEqual(server.toApi({ ...PLAIN, networks: ['n-2'], fixedIps }).fixed_ips, [fixedIps[1]]);
  assert.equal(server.toApi({ ...PLAIN, fixedIps }).fixed_ips, undefined);
});

test('addresses are typed as a range or as a list', () => {
  const { addresses } = ensembles;
  assert.deepEqual(addresses.replaced([], 'n', ' ::1, ::2 '), [{ network: 'n', addresses: ['::1', '::2'] }]);
  assert.deepEqual(addresses.replaced([], 'n', '10.0.0.5-10.0.0.9'), [{ network: 'n', addresses: '10.0.0.5-10.0.0.9' }]);
  assert.deepEqual(addresses.replaced([{ network: 'n', addresses: ['::1'] }], 'n', ' '), []);
});

test('a hint is one text, or several between commas', () => {
  const { hints } = ensembles;
  assert.deepEqual(hints.replaced({ a: 'x' }, 'b', 'y'), { a: 'x', b: 'y' });
  assert.deepEqual(hints.replaced({}, 'b', 'y, z'), { b: ['y', 'z'] });
  assert.deepEqual(hints.replaced({ b: ['y', 'z'] }, 'b', 'y'), { b: ['y'] });
  assert.deepEqual(hints.replaced({ b: 'y' }, 'b', ''), {});
});

test('rows of metadata that are empty do not count', () => {
  assert.deepEqual(server.toApi({ ...PLAIN, metadata: [['', ''], ['a', 'b']] }).metadata, { a: 'b' });
});

test('what the drawing has no field for is kept and sent as it came', () => {
  const given = { flavor: 'f-1', image: 'i-1', networks: 'auto', constructor: 'x', personality: 'y' };
  assert.deepEqual(server.fromApi(given).rest, { constructor: 'x', personality: 'y' });
  assert.deepEqual(server.toApi(server.fromApi(given)), given);
});

const wrong = (values) => server.faults({ ...PLAIN, ...values }).filter(([bad]) => bad).map(([, field]) => field);

const CASES = [
  ['nothing', {}, []],
  ['no flavor', { flavor: '' }, ['flavor']],
  ['no image', { image: '' }, ['image']],
  ['volumes in the place of the image', { image: '', volumes: ['a', 'b'] }, []],
  ['one volume for two', { volumes: ['a'] }, ['volumes']],
  ['three volumes for two', { volumes: ['a', 'b', 'c'] }, ['volumes']],
  ['volumes while the count is being typed', { count: null, volumes: [] }, []],
  ['no network chosen yet', { networks: [] }, ['networks']],
  ['ports alone', { networks: [], ports: ['a', 'b'] }, []],
  ['three ports for two', { ports: ['a', 'b', 'c'] }, ['ports']],
  ['one port for two', { ports: ['a'] }, ['ports']],
  ['three ports for one', { count: 1, ports: ['a', 'b', 'c'] }, []],
  ['ports and no network', { networks: 'none', ports: ['a', 'b'] }, ['ports']],
  ['ports while the count is being typed', { count: null, ports: ['a', 'b'] }, []],
  ['user data that is just short enough', { userData: 'A'.repeat(65535) }, []],
  ['user data that is too long', { userData: 'A'.repeat(65536) }, ['userData']],
  ['a value without a key', { metadata: [['', 'x']] }, ['metadata']],
  ['a key with a slash', { metadata: [['a/b', 'x']] }, ['metadata']],
  ['a key twice', { metadata: [['a', '1'], ['a', '2']] }, ['metadata']],
  ['a long value', { metadata: [['a', 'x'.repeat(256)]] }, ['metadata']],
  ['too many pairs', { metadata: Array.from({ length: 65 }, (_, n) => ['k' + n, '']) }, ['metadata']],
];

for (const [name, values, fields] of CASES) {
  test('faults: ' + name, () => assert.deepEqual(wrong(values), fields));
}
