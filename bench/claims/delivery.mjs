import { atMost, must } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { reachedAll } from '../links/delivery.mjs';

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'delivery',
  group: 'links',
  title: 'From publish until the last of many subscribers has the message',
  tables: [
    {
      short: '1,000 local',
      title: '1,000 subscribers in the process',
      unit: 'ms',
      contenders: { [OURS]: reachedAll({ local: 1000 }) },
      goals: [must(atMost(1, 'ms', `${OURS} p99`))],
      rounds: 3,
    },
    {
      short: '50 over links',
      title: '50 subscribers in two processes, each with a link of its own',
      unit: 'ms',
      contenders: {
        [`${OURS}, Unix sockets`]: reachedAll({ linked: 50 }),
        [`${OURS}, WebSockets`]: reachedAll({ linked: 50, transport: 'ws' }),
      },
      goals: [
        must(atMost(5, 'ms', `${OURS}, Unix sockets p99`)),
        must(atMost(5, 'ms', `${OURS}, WebSockets p99`)),
      ],
      rounds: 3,
      notes: ['one message every 5 ms; the clock is the machine’s, the same for all processes'],
    },
  ],
};
