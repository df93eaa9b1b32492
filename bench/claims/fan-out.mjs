import * as peers from '../lib/emitters.mjs';
import { aim, LIMIT, levelWith, must, timesBetter } from '../lib/goals.mjs';
import { OURS, ours, oursUntapped, TAPPED } from '../lib/ours.mjs';
import { emitting } from '../lib/scenarios.mjs';

const TOPIC = { patterns: ['orders.eu.created'], subscribers: 1000 };
const wide = (open) => emitting(open, () => ({ ...TOPIC, sameCode: true }));
const varied = (open) => emitting(open, () => TOPIC);

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'fan-out',
  group: 'kernel',
  title: 'Publish to a thousand subscribers',
  tables: [
    {
      title: '1,000 subscribers that are closures of one function',
      unit: 'ns a delivery',
      contenders: {
        [LIMIT]: wide(peers.limit),
        'node:events': wide(peers.nodeEvents),
        eventemitter3: wide(peers.eventemitter3),
        mitt: wide(peers.mitt),
        rxjs: wide(peers.rxjs),
        'eventemitter2 (wildcards)': wide(peers.eventemitter2),
        postal: wide(peers.postal),
        emittery: wide(peers.emittery),
        moleculer: wide(peers.moleculer),
        [OURS]: wide(oursUntapped),
        [TAPPED]: wide(ours),
      },
      goals: [
        must(levelWith('node:events')),
        must(timesBetter(2, 'rxjs')),
        aim(timesBetter(2, 'node:events')),
      ],
    },
    {
      title: '1,000 subscribers of eight different functions: calling them is most of the cost',
      unit: 'ns a delivery',
      contenders: {
        [LIMIT]: varied(peers.limit),
        'node:events': varied(peers.nodeEvents),
        rxjs: varied(peers.rxjs),
        [OURS]: varied(oursUntapped),
        [TAPPED]: varied(ours),
      },
      goals: [],
    },
  ],
};
