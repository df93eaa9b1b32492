import { limit } from '../lib/emitters.mjs';
import { aim, atMostTimes, LIMIT, must } from '../lib/goals.mjs';
import { OURS, ours, oursThreefold } from '../lib/ours.mjs';
import { emitting } from '../lib/scenarios.mjs';

const one = (open) => emitting(open, () => ({ patterns: ['orders.eu.created'] }));
const THREE = `${OURS}, three alive`;

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'three-buses',
  group: 'kernel',
  title: 'The same with three buses in the process, published to in turn',
  tables: [
    {
      title: 'one topic, one subscriber; the buses share the inline caches of one code',
      unit: 'ns a publish',
      contenders: { [LIMIT]: one(limit), [OURS]: one(ours), [THREE]: one(oursThreefold) },
      goals: [must(atMostTimes(2.5, OURS, THREE)), aim(atMostTimes(1.7, OURS, THREE))],
    },
  ],
};
