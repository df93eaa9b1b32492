import * as peers from '../lib/emitters.mjs';
import { aim, atMostTimes, LIMIT, must, timesBetter } from '../lib/goals.mjs';
import { OURS, ours } from '../lib/ours.mjs';
import { emitting } from '../lib/scenarios.mjs';
import { exactTopics } from '../lib/topics.mjs';

const many = (open) => emitting(open, () => ({ patterns: exactTopics(10_000) }));

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'topics',
  group: 'kernel',
  title: 'Publish over 10,000 topics, one after the other',
  tables: [
    {
      title: '10,000 topics in random order, one subscriber each, a tap in every hook',
      unit: 'ns a publish',
      contenders: {
        [LIMIT]: many(peers.limit),
        'node:events': many(peers.nodeEvents),
        eventemitter3: many(peers.eventemitter3),
        mitt: many(peers.mitt),
        rxjs: many(peers.rxjs),
        'eventemitter2 (wildcards)': many(peers.eventemitter2),
        [OURS]: many(ours),
      },
      goals: [must(timesBetter(3, 'eventemitter2 (wildcards)')), aim(atMostTimes(3))],
    },
  ],
};
