import { aim, must, timesBetter } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { toThread } from '../links/threads.mjs';

const POST_MESSAGE = 'postMessage';
const LARGE = 16 * 1024;

const perSecond = 1e6;
const beside = ['CPU both threads'];

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'link-worker',
  group: 'links',
  title: 'From the main thread to a handler in a worker thread',
  tables: [
    {
      title: 'payload of 128 bytes',
      unit: 'µs a message',
      perSecond,
      beside,
      contenders: {
        [POST_MESSAGE]: toThread('post-message'),
        [OURS]: toThread('bus'),
      },
      goals: [must(timesBetter(1, POST_MESSAGE)), aim(timesBetter(2, POST_MESSAGE))],
      notes: ['postMessage: { id, t: topic, d: payload }, at most 8,192 under way'],
    },
    {
      title: 'payload of 16 KB',
      unit: 'µs a message',
      perSecond,
      beside,
      contenders: {
        [POST_MESSAGE]: toThread('post-message', { bytes: LARGE }),
        [OURS]: toThread('bus', { bytes: LARGE }),
      },
      goals: [],
    },
  ],
};
