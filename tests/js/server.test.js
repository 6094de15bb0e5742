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
  availability_zone: 'az1',
};
const VOLUME = { source_type: 'image', uuid: 'i-1', volume_size: 20, delete_on_termination: true };

test('what is not set is not sent', () => {
  assert.deepEqual(server.toApi(PLAIN), { flavor: 'f-1', image: 'i-1', networks: 'auto' });
});

test('all fields go to the API and come back the same', () => {
  assert.deepEqual(server.toApi(server.fromApi(FULL)), FULL);
  const volume = { flavor: 'f-1', boot_volume: VOLUME, networks: 'none' };
  assert.deepEqual(server.toApi(server.fromApi(volume)), volume);
});

test('a volume whose size is not said goes without, and without the image', () => {
  const bootVolume = { source_type: 'volume', uuid: 'v-1', volume_size: null };
  assert.deepEqual(server.toApi({ ...PLAIN, bootVolume }),
    { flavor: 'f-1', boot_volume: { source_type: 'volume', uuid: 'v-1' }, networks: 'auto' });
});

test('rows of metadata that are empty do not count', () => {
  assert.deepEqual(server.toApi({ ...PLAIN, metadata: [['', ''], ['a', 'b']] }).metadata, { a: 'b' });
});

test('what the API does not know of a server is left aside', () => {
  assert.deepEqual(server.fromApi({ flavor: 'f-1', constructor: 'x', nonsense: 1 }), { ...server.EMPTY, flavor: 'f-1' });
});

const wrong = (values) => server.faults({ ...PLAIN, ...values }).filter(([bad]) => bad).map(([, field]) => field);
const volumeOf = (values) => ({ bootVolume: { ...VOLUME, ...values } });

const CASES = [
  ['nothing', {}, []],
  ['no flavor', { flavor: '' }, ['flavor']],
  ['no image', { image: '' }, ['image']],
  ['a volume in the place of the image', { image: '', ...volumeOf({}) }, []],
  ['a new volume without a size', volumeOf({ volume_size: null }), ['bootVolume']],
  ['a volume for two', volumeOf({ source_type: 'volume' }), ['bootVolume']],
  ['a volume for one', { count: 1, ...volumeOf({ source_type: 'volume' }) }, []],
  ['a snapshot for two, whose size is its own', volumeOf({ source_type: 'snapshot', volume_size: null }), []],
  ['no snapshot chosen yet', volumeOf({ source_type: 'snapshot', uuid: '' }), ['bootVolume']],
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
