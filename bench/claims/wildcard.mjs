import * as peers from '../lib/emitters.mjs';
import { aim, LIMIT, must, timesBetter } from '../lib/goals.mjs';
import { OURS, ours, oursUntapped, TAPPED } from '../lib/ours.mjs';
import { emitting } from '../lib/scenarios.mjs';
import { devicePatterns, deviceTopics } from '../lib/topics.mjs';

const PEER = 'eventemitter2 (wildcards)';

/** @param {number} count */
function contenders(count) {
  const wild = (open) =>
    emitting(open, () => ({ patterns: devicePatterns(), topics: deviceTopics(count) }));
  return {
    [LIMIT]: emitting(peers.limit, () => ({ patterns: deviceTopics(count) })),
    [PEER]: wild(peers.eventemitter2),
    moleculer: wild(peers.moleculer),
    [OURS]: wild(oursUntapped),
    [TAPPED]: wild(ours),
  };
}

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'wildcard',
  group: 'kernel',
  title: 'Publish past 10,000 wildcard subscriptions, of which one matches',
  tables: [
    {
      title: 'topics repeat: 1,000 of them',
      unit: 'ns a publish',
      contenders: contenders(1000),
      goals: [must(timesBetter(3, PEER)), aim(timesBetter(5, PEER))],
    },
    {
      title: 'topics hardly repeat: 200,000 of them, more than any bounded cache holds',
      unit: 'ns a publish',
      contenders: contenders(200_000),
      goals: [must(timesBetter(1, PEER)), aim(timesBetter(2, PEER))],
      notes: ['the limit has a Map with an entry for each topic'],
    },
  ],
};
