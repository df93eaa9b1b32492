import { globPatterns, globTopics } from '../lib/globs.mjs';
import { aim, atMost, atMostTimes, must, timesBetter } from '../lib/goals.mjs';
import { entriesOf, ours, qlobber, qlobberCachedSplits } from '../lib/indexes.mjs';
import { OURS } from '../lib/ours.mjs';

const TOPICS = 2000;
const CACHED = 'qlobber cache_splits';

/**
 * @param {import('../lib/indexes.mjs').OpenIndex} open
 * @param {number} count
 * @param {{ mixed?: boolean }} [options]
 */
function looking(open, count, options) {
  return async () => {
    const patterns = globPatterns(count, options);
    const topics = globTopics(patterns, TOPICS);
    const index = await open();
    for (const entry of entriesOf(patterns)) index.add(entry);
    if (open === ours && !options?.mixed) await compareWithPeer(index, patterns, topics);

    let at = 0;
    let found = 0;
    const run = (lookups) => {
      for (let i = 0; i < lookups; i++) {
        found += index.match(topics[at]).length;
        at = at + 1 === TOPICS ? 0 : at + 1;
      }
      if (found < 0) throw new Error('unreachable: keeps the matches in use');
    };
    return { run };
  };
}

/**
 * A fast index that finds something else would be no claim.
 *
 * @param {import('../lib/indexes.mjs').Index} index
 * @param {string[]} patterns
 * @param {string[]} topics
 */
async function compareWithPeer(index, patterns, topics) {
  const peer = await qlobber();
  for (const entry of entriesOf(patterns)) peer.add(entry);
  const found = (matches) => [...new Set(matches.map(({ sequence }) => sequence))].sort().join();
  for (const topic of topics) {
    const our = found(index.match(topic));
    const their = found(peer.match(topic));
    if (our !== their) throw new Error(`${topic}: matched ${our}, qlobber matched ${their}`);
  }
}

const SIZES = [100, 1000, 10_000, 100_000];

/** @param {string} name @param {number} size */
const rowName = (name, size) => `${name}, ${size.toLocaleString('en-US')}`;

const bySize = SIZES.flatMap((size) => [
  [rowName('qlobber', size), looking(qlobber, size)],
  [rowName(CACHED, size), looking(qlobberCachedSplits, size)],
  [rowName(OURS, size), looking(ours, size)],
]);

const MIXED = `${OURS}, 100,000 mixed`;
const ourRow = (size) => rowName(OURS, size);
const CLOSE = SIZES.slice(0, 3);

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'glob-index',
  group: 'kernel',
  title: 'Find all patterns that match a topic, nothing cached',
  tables: [
    {
      title: 'half exact, 30 % one `*`, 15 % ending in `**`, 5 % `**` inside; 2,000 topics',
      unit: 'ns a lookup',
      contenders: {
        ...Object.fromEntries(bySize),
        [MIXED]: looking(ours, 100_000, { mixed: true }),
      },
      goals: [
        ...CLOSE.map((size) => must(timesBetter(1, rowName('qlobber', size), ourRow(size)))),
        must(atMostTimes(3, ourRow(1000), ourRow(100_000))),
        must(atMost(10, 'µs', MIXED, 1e-3)),
        aim(timesBetter(1, rowName('qlobber', 100_000), ourRow(100_000))),
        ...SIZES.map((size) => aim(timesBetter(1, rowName(CACHED, size), ourRow(size)))),
      ],
      notes: ['mixed: 8 % have a segment such as `eu*`, `e?1` or `e[1x]*`'],
    },
  ],
};
