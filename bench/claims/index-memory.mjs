import { globPatterns } from '../lib/globs.mjs';
import { aim, atMost, atMostTimes, must } from '../lib/goals.mjs';
import { heapUsed } from '../lib/heap.mjs';
import { entriesOf, qlobber } from '../lib/indexes.mjs';
import { median } from '../lib/measure.mjs';
import { OURS, openBus } from '../lib/ours.mjs';

const COUNT = 100_000;
const CHANGED = 1000;
const CHANGES = 20;
const QLOBBER = 'qlobber';
const SUBSCRIBE = `${OURS} subscribe and stop`;

/**
 * A set of patterns; `remove` takes what `add` returned.
 *
 * @typedef {object} Patterns
 * @property {(pattern: string) => unknown} add
 * @property {(pattern: string, added: any) => void} remove
 * @property {(topic: string) => number} found how many match
 */

/** @param {string[]} patterns @returns {Promise<Patterns>} */
async function inQlobber(patterns) {
  const index = await qlobber();
  const entries = new Map(entriesOf(patterns).map((entry) => [entry.pattern, entry]));
  /** @param {string} pattern */
  const entryOf = (pattern) => entries.get(pattern) ?? { pattern, sequence: COUNT };
  return {
    add(pattern) {
      const entry = entryOf(pattern);
      index.add(entry);
      return entry;
    },
    remove: (_, entry) => index.remove(entry),
    found: (topic) => index.match(topic).length,
  };
}

/** @param {string[]} patterns @returns {Promise<Patterns>} */
async function inBus(patterns) {
  const bus = await openBus({ taps: false });
  let calls = 0;
  const makeHandler = () => () => {
    calls++;
  };
  const handlers = new Map(patterns.map((pattern) => [pattern, makeHandler()]));
  return {
    add: (pattern) => bus.subscribe(pattern, handlers.get(pattern) ?? makeHandler()),
    remove: (_, subscription) => subscription.stop(),
    found(topic) {
      const before = calls;
      bus.publish(topic, {});
      return calls - before;
    },
  };
}

/** @param {typeof inBus} open */
function bytesEach(open) {
  return async () => {
    const patterns = globPatterns(COUNT);
    const { add, found } = await open(patterns);
    for (let i = 0; i < 100; i++) add(`warm${i}.*.up`);
    const before = heapUsed();
    for (const pattern of patterns) add(pattern);
    const bytes = (heapUsed() - before) / COUNT;
    // Used once more, so that neither is collected before the heap is read.
    if (found(patterns[0]) === 0) throw new Error('the patterns are gone');
    return bytes;
  };
}

/** New ones come and go, a thousand at a time. @param {typeof inBus} open */
function changing(open) {
  return async () => {
    const patterns = globPatterns(COUNT + CHANGES * CHANGED);
    const { add, remove } = await open(patterns);
    for (const pattern of patterns.slice(0, COUNT)) add(pattern);
    const adding = [];
    const removing = [];
    const microseconds = (started) => ((performance.now() - started) * 1000) / CHANGED;
    for (let at = COUNT; at < patterns.length; at += CHANGED) {
      const some = patterns.slice(at, at + CHANGED);
      const addedAt = performance.now();
      const added = some.map(add);
      adding.push(microseconds(addedAt));
      const removedAt = performance.now();
      for (const [index, pattern] of some.entries()) remove(pattern, added[index]);
      removing.push(microseconds(removedAt));
    }
    const figures = { add: median(adding), remove: median(removing) };
    return { '': figures.add + figures.remove, ...figures };
  };
}

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'index-memory',
  title: 'A hundred thousand glob patterns: subscribing, stopping, memory',
  group: 'kernel',
  tables: [
    {
      short: 'changes',
      title: 'adding one to 100,000 patterns and removing one',
      unit: 'µs for both',
      beside: ['add', 'remove'],
      contenders: { [QLOBBER]: changing(inQlobber), [SUBSCRIBE]: changing(inBus) },
      goals: [must(atMostTimes(1.2, QLOBBER, SUBSCRIBE)), aim(atMostTimes(1, QLOBBER, SUBSCRIBE))],
      rounds: 3,
      notes: [`${OURS}: the whole of bus.subscribe() and stop()`],
    },
    {
      short: 'memory',
      title: 'heap, without the pattern strings and handlers, or what qlobber finds',
      unit: 'B a pattern',
      contenders: { [QLOBBER]: bytesEach(inQlobber), [OURS]: bytesEach(inBus) },
      goals: [must(atMost(600, 'B')), aim(atMost(400, 'B'))],
      rounds: 3,
      notes: [`${OURS}: the whole subscription, not its index alone`],
    },
  ],
};
