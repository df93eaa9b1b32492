import { aim, atMostTimes, must, timesBetter } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { IN_FLIGHT, requestsAtOnce, requestsInTurn } from '../links/requests.mjs';

const FRAMES = 'frames by hand';
const NATS = 'nats.js, nats-server';

const perSecond = 1e6;
const beside = ['CPU requester', 'CPU responder', 'CPU broker'];
const notes = [
  'frames: a Map of pending, no timeout and no cancel; the handler is an async function',
];

/** @param {typeof requestsAtOnce} requests @param {{ replyBytes?: number }} [options] */
function contenders(requests, options) {
  return {
    [FRAMES]: requests('frames', options),
    [NATS]: requests('nats', { server: 'nats', ...options }),
    'socket.io': requests('socket-io', options),
    [OURS]: requests('bus', options),
  };
}

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'link-requests',
  group: 'links',
  title: 'Request and reply between two processes, requests of 128 bytes',
  tables: [
    {
      short: `${IN_FLIGHT} in flight`,
      title: `${IN_FLIGHT} in flight`,
      unit: 'µs a request',
      perSecond,
      beside,
      contenders: contenders(requestsAtOnce),
      goals: [
        must(timesBetter(0.5, FRAMES)),
        must(timesBetter(5, NATS)),
        aim(timesBetter(0.75, FRAMES)),
      ],
      notes,
    },
    {
      short: 'one at a time',
      title: 'one at a time, median of all',
      unit: 'µs a request',
      beside,
      contenders: contenders(requestsInTurn),
      goals: [must(atMostTimes(1.25, FRAMES)), aim(atMostTimes(1.1, FRAMES))],
      notes,
    },
    {
      short: 'replies of 16 KB',
      title: `replies of 16 KB, ${IN_FLIGHT} in flight`,
      unit: 'µs a request',
      perSecond,
      beside,
      contenders: contenders(requestsAtOnce, { replyBytes: 16 * 1024 }),
      goals: [],
      notes,
    },
  ],
};
