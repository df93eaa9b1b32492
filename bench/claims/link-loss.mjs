import { atMost, must } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { lost } from '../links/loss.mjs';

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'link-loss',
  group: 'links',
  title: 'A process that owes a reply is killed: from the signal until the request has failed',
  tables: [
    {
      title: 'with CORRELATION_PEER_GONE',
      unit: 'ms',
      beside: ['median', 'worst'],
      contenders: { [OURS]: lost(), [`${OURS}, WebSocket`]: lost({ transport: 'ws' }) },
      goals: [
        must(atMost(100, 'ms', `${OURS} worst`)),
        must(atMost(100, 'ms', `${OURS}, WebSocket worst`)),
      ],
      rounds: 1,
    },
  ],
};
