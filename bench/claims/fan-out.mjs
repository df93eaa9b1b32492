import * as peers from '../lib/emitters.mjs';
import { aim, atMost, atMostTimes, LIMIT, must, timesBetter } from '../lib/goals.mjs';
import { grouped, joining } from '../lib/listeners.mjs';
import { OURS, ours, oursUntapped, TAPPED } from '../lib/ours.mjs';
import { emitting } from '../lib/scenarios.mjs';

const SUBSCRIBERS = 1000;
const JOINED = 10_000;
const TOPIC = { patterns: ['orders.eu.created'], subscribers: SUBSCRIBERS };
const EVENTS = 'node:events';

/** @param {number} bodies */
function contenders(bodies) {
  const wide = (open) => emitting(open, () => ({ ...TOPIC, bodies }));
  return {
    [LIMIT]: wide(peers.limit),
    [EVENTS]: wide(peers.nodeEvents),
    eventemitter3: wide(peers.eventemitter3),
    rxjs: wide(peers.rxjs),
    [OURS]: wide(oursUntapped),
    [TAPPED]: wide(ours),
  };
}

const inGroup = (members) => `${OURS}, a group of ${members.toLocaleString('en-US')}`;

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'fan-out',
  title: 'Publish to a thousand subscribers',
  group: 'kernel',
  tables: [
    {
      short: 'different code',
      title: '1,000 subscribers of different code',
      unit: 'ns a delivery',
      contenders: contenders(SUBSCRIBERS),
      goals: [must(timesBetter(1, EVENTS))],
    },
    {
      short: 'one function',
      title: '1,000 subscribers that are closures of one function',
      unit: 'ns a delivery',
      contenders: contenders(1),
      goals: [must(timesBetter(1, EVENTS)), aim(timesBetter(2, EVENTS))],
    },
    {
      short: 'groups',
      title: 'a group, of which one member gets each message',
      unit: 'ns a publish',
      contenders: {
        [inGroup(1)]: grouped(1),
        [inGroup(10)]: grouped(10),
        [inGroup(1000)]: grouped(1000),
      },
      goals: [must(atMostTimes(2, inGroup(10), inGroup(1000)))],
    },
    {
      short: 'joining',
      title: `the first publish after one has joined ${JOINED.toLocaleString('en-US')} listeners`,
      unit: 'µs more than the next publish',
      beside: ['first', 'next'],
      contenders: {
        [EVENTS]: joining(peers.nodeEvents, JOINED),
        [OURS]: joining(oursUntapped, JOINED),
      },
      goals: [must(atMost(50, 'µs'))],
      notes: ['first, next: the whole publish in µs, which calls all the listeners'],
    },
  ],
};
