import { globPatterns, newGlobTopics } from '../lib/globs.mjs';
import { aim, atMostTimes, must } from '../lib/goals.mjs';
import { handlerFactories, payload, state } from '../lib/handlers.mjs';
import { entriesOf, qlobber } from '../lib/indexes.mjs';
import { nanosecondsEach } from '../lib/measure.mjs';
import { OURS, openBus } from '../lib/ours.mjs';

const QLOBBER = 'qlobber match';
const SIZES = [100, 1000, 10_000, 100_000];
/** So few that any cache of topics holds them. */
const KNOWN = 500;

/**
 * @typedef {{ count: number, mixed: boolean }} Shape
 *
 * @param {Shape} shape
 */
function matching({ count, mixed }) {
  return async () => {
    const patterns = globPatterns(count, { mixed });
    const newTopic = newGlobTopics(patterns);
    const index = await qlobber();
    for (const entry of entriesOf(patterns)) index.add(entry);
    /** @type {string[]} */
    let topics = [];
    let found = 0;
    return {
      prepare(lookups) {
        topics = Array.from({ length: lookups }, newTopic);
      },
      run() {
        for (const topic of topics) found += index.match(topic).length;
        if (found < 0) throw new Error('unreachable: keeps the matches in use');
      },
    };
  };
}

/**
 * The publish of a topic that is new to the bus, less the publish of one that is not.
 *
 * @param {Shape} shape
 */
function publishing({ count, mixed }) {
  return async (effort) => {
    const patterns = globPatterns(count, { mixed });
    const newTopic = newGlobTopics(patterns);
    const bus = await openBus({ taps: false });
    const factories = handlerFactories('message');
    for (const [at, pattern] of patterns.entries()) {
      bus.subscribe(pattern, factories[at % factories.length]());
    }
    /** @type {string[]} */
    let topics = [];
    const timed = {
      prepare(publishes) {
        topics = Array.from({ length: publishes }, newTopic);
      },
      run() {
        for (const topic of topics) bus.publish(topic, payload);
      },
    };
    // Once before, so that the known topics too find code that has seen everything.
    await nanosecondsEach(timed, { ...effort, samples: 1 });
    const known = await nanosecondsEach(
      repeating(bus, Array.from({ length: KNOWN }, newTopic)),
      effort,
    );
    if (!mixed) await compareWithPeer(bus, patterns, Array.from({ length: KNOWN }, newTopic));
    const fresh = await nanosecondsEach(timed, effort);
    await bus.stop();
    return { '': fresh - known, new: fresh, known };
  };
}

/** @param {any} bus @param {string[]} topics */
function repeating(bus, topics) {
  let at = 0;
  return {
    run(count) {
      for (let i = 0; i < count; i++) {
        bus.publish(topics[at], payload);
        at = at + 1 === topics.length ? 0 : at + 1;
      }
    },
  };
}

/**
 * A fast bus that finds something else would be no claim.
 *
 * @param {any} bus
 * @param {string[]} patterns
 * @param {string[]} topics
 */
async function compareWithPeer(bus, patterns, topics) {
  const peer = await qlobber();
  for (const entry of entriesOf(patterns)) peer.add(entry);
  for (const topic of topics) {
    const before = state.sum;
    bus.publish(topic, payload);
    const ours = state.sum - before;
    const theirs = new Set(peer.match(topic)).size;
    if (ours !== theirs) throw new Error(`${topic}: ${ours} handlers, qlobber matched ${theirs}`);
  }
}

/** @param {string} name @param {number} size */
const rowName = (name, size) => `${name}, ${size.toLocaleString('en-US')}`;

/** @param {boolean} mixed */
function bySize(mixed) {
  return {
    unit: 'ns a topic',
    beside: ['new', 'known'],
    contenders: Object.fromEntries(
      SIZES.flatMap((count) => [
        [rowName(QLOBBER, count), matching({ count, mixed })],
        [rowName(OURS, count), publishing({ count, mixed })],
      ]),
    ),
    goals: SIZES.flatMap((size) => [
      must(atMostTimes(1, rowName(QLOBBER, size), rowName(OURS, size))),
      aim(atMostTimes(0.7, rowName(QLOBBER, size), rowName(OURS, size))),
    ]),
    rounds: 3,
  };
}

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'glob-index',
  title: 'Find all patterns that match a topic that never came before',
  group: 'kernel',
  tables: [
    {
      short: 'plain',
      title: 'half exact, 30 % one `*`, 15 % ending in `**`, 5 % `**` inside',
      ...bySize(false),
      notes: [
        `${OURS}: a publish of a new topic less a publish of a known one, as a program meets it`,
        `new, known: the whole of these publishes; ${KNOWN} known topics`,
      ],
    },
    {
      short: 'mixed',
      title: 'mixed: 8 % have a segment such as `eu*`, `e?1` or `e[1x]*`',
      ...bySize(true),
      notes: ['to qlobber such a segment is a word like any other: it has less to do'],
    },
  ],
};
