import { aim, atMost, must } from '../lib/goals.mjs';
import { OURS } from '../lib/ours.mjs';
import { falseAlarms, killed, stopped } from '../links/failover.mjs';

const BUSY = `${OURS}, every core busy`;

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'failover',
  group: 'links',
  title: 'Two processes behind one bus with health, over a Unix socket; one of them fails',
  tables: [
    {
      short: 'killed',
      title: 'killed while it owes replies: from the signal until another has answered',
      unit: 'ms',
      beside: ['median', 'worst', 'requests failed', 'bare socket closed', 'at worst'],
      contenders: { [OURS]: killed() },
      goals: [
        must(atMost(100, 'ms', `${OURS} worst`)),
        must(atMost(20, 'ms', `${OURS} median`)),
        aim(atMost(10, 'ms', `${OURS} median`)),
      ],
      rounds: 1,
      notes: ['bare socket closed: a socket of the same process, without a bus, in the same runs'],
    },
    {
      short: 'stopped',
      title: 'stopped (SIGSTOP): until it is suspect and gets no more requests',
      unit: 'ms',
      beside: ['median', 'worst', 'late %'],
      contenders: { [OURS]: stopped(), [BUSY]: stopped({ busy: true }) },
      goals: [
        must(atMost(5, '% later than 100 ms', `${OURS} late %`)),
        must(atMost(5, '% later than 100 ms', `${BUSY} late %`)),
      ],
      rounds: 1,
    },
    {
      short: 'all busy',
      title:
        'both healthy for two minutes, every core busy, the observer held up for 300 ms each 5 s',
      unit: 'times',
      beside: ['down', 'suspect for a while', 'stalls'],
      contenders: { [OURS]: falseAlarms() },
      goals: [must(atMost(0, 'taken for lost', `${OURS} down`))],
      rounds: 1,
    },
  ],
};
