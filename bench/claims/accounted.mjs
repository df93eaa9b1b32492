import { atMost, must } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { lostOf } from '../links/accounted.mjs';

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'accounted',
  group: 'links',
  title: 'Ten million best-effort messages: how many were lost, and how many sums do not balance',
  tables: [
    {
      title: 'nothing fails; publishers await what the bus tells them to',
      unit: 'messages',
      contenders: {
        [`${OURS}, in the process`]: lostOf({ linked: false }),
        [`${OURS}, over a Unix socket`]: lostOf({ linked: true }),
      },
      goals: [
        must(atMost(0, 'lost', `${OURS}, in the process lost`)),
        must(atMost(0, 'unaccounted', `${OURS}, in the process unaccounted`)),
        must(atMost(0, 'lost', `${OURS}, over a Unix socket lost`)),
        must(atMost(0, 'unaccounted', `${OURS}, over a Unix socket unaccounted`)),
      ],
      rounds: 1,
      notes: ['--quick sends a million; the 128-byte payloads of link, numbered and checked'],
    },
  ],
};
