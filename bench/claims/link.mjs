import { aim, must, timesBetter } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { BATCH } from '../links/batch-size.mjs';
import { oneWay } from '../links/one-way.mjs';

const FRAMES = 'frames by hand';
const NATS = 'nats.js, nats-server';
const SOCKET_IO = 'socket.io';
const REDIS = 'ioredis, redis-server';
const LARGE = 16 * 1024;

const perSecond = 1e6;
const beside = ['CPU publisher', 'CPU subscriber', 'CPU broker'];

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'link',
  group: 'links',
  title: 'From a publisher in one process to a handler in another',
  tables: [
    {
      short: '128 bytes',
      title: 'payload of 128 bytes',
      unit: 'µs a message',
      perSecond,
      beside,
      contenders: {
        [FRAMES]: oneWay('frames'),
        [`${FRAMES}, a full envelope`]: oneWay('frames', { envelope: true }),
        [NATS]: oneWay('nats', { server: 'nats' }),
        [SOCKET_IO]: oneWay('socket-io'),
        [REDIS]: oneWay('redis', { server: 'redis' }),
        [OURS]: oneWay('bus'),
        [`${OURS}, each publish awaited`]: oneWay('bus', { awaitEach: true }),
        [`${OURS}, publisher(topic)`]: oneWay('bus', { direct: true }),
      },
      goals: [
        must(timesBetter(0.6, FRAMES)),
        must(timesBetter(1.8, NATS)),
        must(timesBetter(6, SOCKET_IO)),
        must(timesBetter(6, REDIS)),
        aim(timesBetter(1, FRAMES)),
        aim(timesBetter(3, NATS)),
      ],
      notes: [
        'frames: { id, t: topic, d: payload } as msgpack maps, many in each write of 64 KiB to a Unix socket',
        '@bus: a full envelope over a Unix socket; nats.js and socket.io over TCP; redis over a Unix socket',
        `after each ${BATCH} messages the last one's promise is awaited, of whoever gave one`,
      ],
    },
    {
      short: '16 KB',
      title: 'payload of 16 KB',
      unit: 'µs a message',
      perSecond,
      beside,
      contenders: {
        [FRAMES]: oneWay('frames', { bytes: LARGE }),
        [NATS]: oneWay('nats', { bytes: LARGE, server: 'nats' }),
        [SOCKET_IO]: oneWay('socket-io', { bytes: LARGE }),
        [REDIS]: oneWay('redis', { bytes: LARGE, server: 'redis' }),
        [OURS]: oneWay('bus', { bytes: LARGE }),
      },
      goals: [
        must(timesBetter(0.7, FRAMES)),
        must(timesBetter(1.2, NATS)),
        aim(timesBetter(0.9, FRAMES)),
      ],
    },
  ],
};
