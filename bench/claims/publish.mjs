import * as peers from '../lib/emitters.mjs';
import { aim, atMostTimes, LIMIT, levelWith, must, timesBetter } from '../lib/goals.mjs';
import { OURS, ours, oursAwaited, oursUntapped } from '../lib/ours.mjs';
import { emitting } from '../lib/scenarios.mjs';

const one = (open) => emitting(open, () => ({ patterns: ['orders.eu.created'] }));
const inlined = (open) => emitting(open, () => ({ patterns: ['orders.eu.created'], bodies: 1 }));

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'publish',
  title: 'Publish to one synchronous handler',
  group: 'kernel',
  tables: [
    {
      title: 'one topic, one subscriber; glob router, pubsub, correlation, a tap in every hook',
      unit: 'ns a publish',
      contenders: {
        [LIMIT]: one(peers.limit),
        'limit with the handler inlined': inlined(peers.limit),
        'node:events': one(peers.nodeEvents),
        eventemitter3: one(peers.eventemitter3),
        mitt: one(peers.mitt),
        rxjs: one(peers.rxjs),
        'eventemitter2 (wildcards)': one(peers.eventemitter2),
        [OURS]: one(ours),
        [`${OURS}, awaited`]: one(oursAwaited),
        [`${OURS}, no taps`]: one(oursUntapped),
      },
      goals: [
        must(atMostTimes(6)),
        must(timesBetter(2, 'eventemitter2 (wildcards)')),
        aim(atMostTimes(4)),
        aim(levelWith('rxjs')),
      ],
      notes: [
        'inlined: a process with one handler in all, which V8 moves into the loop; not judged against',
      ],
    },
  ],
};
