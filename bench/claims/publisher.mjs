import { limit } from '../lib/emitters.mjs';
import { aim, atMostTimes, LIMIT, levelWith, must } from '../lib/goals.mjs';
import { OURS, ours, oursPublisher } from '../lib/ours.mjs';
import { emitting } from '../lib/scenarios.mjs';

const one = (open) => emitting(open, () => ({ patterns: ['orders.eu.created'] }));
const PUBLISHER = `${OURS}, publisher`;

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'publisher',
  group: 'kernel',
  title: 'bus.publisher(topic), which settles topic and options once',
  tables: [
    {
      title: 'one topic, one subscriber, a tap in every hook',
      unit: 'ns a publish',
      contenders: { [LIMIT]: one(limit), [OURS]: one(ours), [PUBLISHER]: one(oursPublisher) },
      goals: [must(levelWith(OURS, PUBLISHER)), aim(atMostTimes(3, LIMIT, PUBLISHER))],
    },
  ],
};
