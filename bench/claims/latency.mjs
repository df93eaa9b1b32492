import { setImmediate as nextTurn } from 'node:timers/promises';
import { limit, nodeEvents } from '../lib/emitters.mjs';
import { atMost, LIMIT, must } from '../lib/goals.mjs';
import { OURS, ours } from '../lib/ours.mjs';
import { devicePatterns, deviceTopics } from '../lib/topics.mjs';

const PER_SECOND = 100_000;
const WARM_SECONDS = 1;

/**
 * Offers messages at a steady rate and notes how long each took to reach its handler.
 *
 * @param {() => any} open
 * @param {{ wildcards: boolean }} kind
 */
function latencies(open, { wildcards }) {
  return async ({ quick }) => {
    const seconds = quick ? 2 : 10;
    const warm = WARM_SECONDS * PER_SECOND;
    const total = warm + seconds * PER_SECOND;
    const micros = new Float64Array(total);
    const topics = deviceTopics(1000);
    const emitter = await open();
    let handled = 0;
    let publishedAt = 0;
    const handler = () => {
      micros[handled++] = (performance.now() - publishedAt) * 1000;
    };
    for (const pattern of wildcards ? devicePatterns() : topics) emitter.on(pattern, handler);

    const started = performance.now();
    for (let sent = 0; sent < total; ) {
      const due = Math.min(total, ((performance.now() - started) * PER_SECOND) / 1000);
      for (; sent < due; sent++) {
        const topic = topics[sent % topics.length];
        publishedAt = performance.now();
        emitter.emit(topic, { n: sent });
      }
      await nextTurn();
    }
    const took = (performance.now() - started) / 1000;
    if (handled !== total) throw new Error(`${total - handled} of ${total} were not delivered`);
    if (took > (total / PER_SECOND) * 1.02) throw new Error(`the rate was not kept: ${took} s`);
    await emitter.stop?.();
    return percentiles(micros.slice(warm).sort());
  };
}

/** @param {Float64Array} sorted */
function percentiles(sorted) {
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: at(0.5), p99: at(0.99), 'p99.9': at(0.999), max: sorted[sorted.length - 1] };
}

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'latency',
  group: 'kernel',
  title: 'From publish to the handler at 100,000 messages a second',
  tables: [
    {
      title:
        '1,000 topics; the peers have exact ones, @bus 10,000 wildcards and a tap in every hook',
      unit: 'µs',
      contenders: {
        [LIMIT]: latencies(limit, { wildcards: false }),
        'node:events': latencies(nodeEvents, { wildcards: false }),
        [OURS]: latencies(ours, { wildcards: true }),
      },
      goals: [must(atMost(2, 'µs', `${OURS} p50`)), must(atMost(20, 'µs', `${OURS} p99`))],
      rounds: 3,
      notes: ['offered for 10 s (--quick: 2 s); each figure includes reading the clock twice'],
    },
  ],
};
