import * as peers from '../lib/emitters.mjs';
import { aim, atMostTimes, LIMIT, levelWith, must, timesBetter } from '../lib/goals.mjs';
import { OURS, ours, oursAwaited } from '../lib/ours.mjs';
import { emitting } from '../lib/scenarios.mjs';

const one = (open) => emitting(open, () => ({ patterns: ['orders.eu.created'] }));
const inlined = (open) =>
  emitting(open, () => ({ patterns: ['orders.eu.created'], sameCode: true }));

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'publish',
  group: 'kernel',
  title: 'Publish to one subscriber through the whole pipeline',
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
        postal: one(peers.postal),
        emittery: one(peers.emittery),
        moleculer: one(peers.moleculer),
        [OURS]: one(ours),
        [`${OURS}, awaited`]: one(oursAwaited),
      },
      goals: [
        must(atMostTimes(8)),
        must(timesBetter(2, 'eventemitter2 (wildcards)')),
        must(timesBetter(3, 'postal')),
        must(timesBetter(15, 'moleculer')),
        must(timesBetter(15, 'emittery')),
        aim(atMostTimes(4)),
        aim(levelWith('rxjs')),
      ],
      notes: [
        'emittery and moleculer deliver asynchronously: each publish is awaited',
        'inlined: a process with one handler in all, which V8 moves into the loop; not judged against',
      ],
    },
  ],
};
