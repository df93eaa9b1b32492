import { atMost, must } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { reconnected } from '../links/reconnect.mjs';

const LONG_MS = 2000;
const beside = ['median', 'worst'];

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'link-reconnect',
  group: 'links',
  title: 'A hub is killed and started again: from when it listens to the first event at a client',
  tables: [
    {
      title: 'started again at once',
      unit: 'ms',
      beside,
      contenders: {
        'socket.io': reconnected('socket-io'),
        [OURS]: reconnected('bus'),
        [`${OURS}, WebSocket`]: reconnected('bus', { transport: 'ws' }),
      },
      goals: [
        must(atMost(1, 's', `${OURS} worst`, 0.001)),
        must(atMost(1, 's', `${OURS}, WebSocket worst`, 0.001)),
      ],
      rounds: 1,
    },
    {
      title: `started again after ${LONG_MS / 1000} s`,
      unit: 'ms',
      beside,
      contenders: {
        'socket.io': reconnected('socket-io', { downMs: LONG_MS }),
        [OURS]: reconnected('bus', { downMs: LONG_MS }),
      },
      goals: [must(atMost(1, 's', `${OURS} worst`, 0.001))],
      rounds: 1,
    },
  ],
};
