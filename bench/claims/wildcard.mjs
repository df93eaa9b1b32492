import * as peers from '../lib/emitters.mjs';
import { aim, LIMIT, must, timesBetter } from '../lib/goals.mjs';
import { OURS, ours, oursUntapped, TAPPED } from '../lib/ours.mjs';
import { emitting, emittingNew } from '../lib/scenarios.mjs';
import { devicePatterns, deviceTopics, newDeviceTopics } from '../lib/topics.mjs';

const PEER = 'eventemitter2 (wildcards)';
const REPEATED = 1000;

const repeating = (open) =>
  emitting(open, () => ({ patterns: devicePatterns(), topics: deviceTopics(REPEATED) }));

/** @param {number} count of patterns */
function neverRepeating(count) {
  const size = count.toLocaleString('en-US');
  const shape = () => ({ patterns: devicePatterns(count), newTopic: newDeviceTopics(count) });
  return {
    short: `new topics, ${size}`,
    title: `topics never repeat, ${size} wildcard subscriptions`,
    unit: 'ns a publish',
    contenders: {
      [PEER]: emittingNew(peers.eventemitter2, shape),
      [OURS]: emittingNew(oursUntapped, shape),
      [TAPPED]: emittingNew(ours, shape),
    },
    goals: [must(timesBetter(1, PEER)), aim(timesBetter(2, PEER))],
  };
}

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'wildcard',
  title: 'Publish past wildcard subscriptions, of which one matches',
  group: 'kernel',
  tables: [
    ...[10, 1000, 10_000].map(neverRepeating),
    {
      short: 'topics repeat, 10,000',
      title: '1,000 topics that repeat, 10,000 wildcard subscriptions',
      unit: 'ns a publish',
      contenders: {
        [LIMIT]: emitting(peers.limit, () => ({ patterns: deviceTopics(REPEATED) })),
        [PEER]: repeating(peers.eventemitter2),
        [OURS]: repeating(oursUntapped),
        [TAPPED]: repeating(ours),
      },
      goals: [must(timesBetter(3, PEER)), aim(timesBetter(5, PEER))],
    },
  ],
};
