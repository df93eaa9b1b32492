import { globPatterns } from '../lib/globs.mjs';
import { aim, atMost, must } from '../lib/goals.mjs';
import { heapUsed } from '../lib/heap.mjs';
import { entriesOf, ours, qlobber } from '../lib/indexes.mjs';
import { median } from '../lib/measure.mjs';
import { OURS, openBus } from '../lib/ours.mjs';
import { shuffled } from '../lib/topics.mjs';

const COUNT = 100_000;
const CHANGED = 1000;
const CHANGES = 30;

/** @param {import('../lib/indexes.mjs').OpenIndex} open */
function bytesEach(open) {
  return async () => {
    const entries = entriesOf(globPatterns(COUNT));
    const index = await open();
    index.add({ pattern: 'warm.*.up', sequence: COUNT });
    const before = heapUsed();
    for (const entry of entries) index.add(entry);
    const bytes = (heapUsed() - before) / COUNT;
    // Used once more, so that neither is collected before the heap is read.
    const [{ pattern }] = entries;
    if (index.match(pattern).length === 0) throw new Error('the index is gone');
    return bytes;
  };
}

/**
 * Takes some out and puts them back, again and again.
 *
 * @param {(pattern: string) => unknown} add
 * @param {(pattern: string, added: unknown) => void} remove
 * @param {string[]} patterns
 */
function changeTimes(add, remove, patterns) {
  const added = new Map(patterns.map((pattern) => [pattern, add(pattern)]));
  const removing = [];
  const adding = [];
  const timed = (list, step) => {
    const started = performance.now();
    for (const pattern of list) step(pattern);
    return ((performance.now() - started) * 1000) / list.length;
  };
  for (let i = 0; i < CHANGES; i++) {
    const some = shuffled(patterns).slice(0, CHANGED);
    removing.push(timed(some, (pattern) => remove(pattern, added.get(pattern))));
    adding.push(timed(some, (pattern) => added.set(pattern, add(pattern))));
  }
  return { add: median(adding), remove: median(removing) };
}

/** @param {import('../lib/indexes.mjs').OpenIndex} open */
function changing(open) {
  return async () => {
    const patterns = globPatterns(COUNT);
    const entries = new Map(entriesOf(patterns).map((entry) => [entry.pattern, entry]));
    const index = await open();
    return changeTimes(
      (pattern) => index.add(/** @type {any} */ (entries.get(pattern))),
      (pattern) => index.remove(/** @type {any} */ (entries.get(pattern))),
      patterns,
    );
  };
}

async function changingSubscriptions() {
  const bus = await openBus();
  return changeTimes(
    (pattern) => bus.subscribe(pattern, () => undefined),
    (_, subscription) => /** @type {any} */ (subscription).stop(),
    globPatterns(COUNT),
  );
}

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'index-memory',
  group: 'kernel',
  title: 'A hundred thousand patterns: memory, adding, removing',
  tables: [
    {
      title: 'heap, without the pattern strings and what is found by them',
      unit: 'B a pattern',
      contenders: { qlobber: bytesEach(qlobber), [OURS]: bytesEach(ours) },
      goals: [must(atMost(600, 'B')), aim(atMost(400, 'B'))],
      rounds: 3,
    },
    {
      title: 'adding to and removing from an index of 100,000',
      unit: 'µs a pattern',
      contenders: {
        qlobber: changing(qlobber),
        [OURS]: changing(ours),
        [`${OURS} subscribe`]: changingSubscriptions,
      },
      goals: [must(atMost(5, 'µs', `${OURS} add`)), must(atMost(5, 'µs', `${OURS} remove`))],
      rounds: 3,
      notes: [`${OURS} subscribe: the whole of bus.subscribe and stop()`],
    },
  ],
};
