import { aim, must, timesBetter } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { oneWay } from '../links/one-way.mjs';

const BATCHED = 'ws, batched by hand';
const SINGLE = 'ws, one send a message';
const SOCKET_IO = 'socket.io';

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'link-websocket',
  group: 'links',
  title: 'From a publisher over a WebSocket to a handler in the process that listens',
  tables: [
    {
      title: 'payload of 128 bytes',
      unit: 'µs a message',
      perSecond: 1e6,
      beside: ['CPU publisher', 'CPU subscriber'],
      contenders: {
        [BATCHED]: oneWay('web-sockets', { batched: true }),
        [SINGLE]: oneWay('web-sockets', { batched: false }),
        [SOCKET_IO]: oneWay('socket-io'),
        [OURS]: oneWay('bus', { transport: 'ws' }),
      },
      goals: [
        must(timesBetter(0.6, BATCHED)),
        must(timesBetter(1.5, SINGLE)),
        must(timesBetter(5, SOCKET_IO)),
        aim(timesBetter(0.8, BATCHED)),
      ],
      notes: ['all without bufferutil and compression; the publisher is the client, which masks'],
    },
  ],
};
