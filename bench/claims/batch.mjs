import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { atMostOver, must, timesBetter } from '../lib/goals.mjs';
import { load, openBus } from '../lib/ours.mjs';

const TOPIC = 'orders.created';
const SIZE = 100;
/** What a handler waits for. */
const AWAITS = {
  turn: () => nextTurn(),
  timer: () => pause(1),
};

const ONE_BY_ONE = 'one by one';
const BATCHED = `batches of ${SIZE}`;
const PLAIN = 'without batch';

/** @param {boolean} batched */
async function busFor(batched) {
  const { batch } = await load('batch');
  return openBus({ taps: false, plugins: batched ? [batch()] : [] });
}

/**
 * Publishes as fast as the subscriber takes it, each publish awaited.
 *
 * @param {{ awaits: keyof typeof AWAITS, batched: boolean }} kind
 */
function throughput({ awaits, batched }) {
  return async () => {
    const wait = AWAITS[awaits];
    const bus = await busFor(batched);
    let handled = 0;
    let sum = 0;
    if (batched) {
      // Under full load nothing waits; at the end of a sample the rest would, for messages that do not come.
      bus.subscribe(TOPIC, { batch: { size: SIZE, waitMs: 0 } }, async (messages) => {
        for (const message of messages) sum += message.payload.n;
        await wait();
        handled += messages.length;
      });
    } else {
      bus.subscribe(TOPIC, async (message) => {
        sum += message.payload.n;
        await wait();
        handled++;
      });
    }
    return {
      async run(count) {
        const due = handled + count;
        for (let i = 0; i < count; i++) await bus.publish(TOPIC, { n: 1 });
        while (handled < due) await nextTurn();
      },
      done: () => sum,
      stop: () => bus.stop(),
    };
  };
}

/**
 * Publishes a message every few milliseconds and notes how long it takes to its handler.
 *
 * @param {{ batched: boolean, everyMs: number }} kind
 */
function latency({ batched, everyMs }) {
  return async ({ quick }) => {
    const bus = await busFor(batched);
    const warm = 50;
    const total = warm + (quick ? 100 : 400);
    const micros = new Float64Array(total);
    let handled = 0;
    let publishedAt = 0;
    const note = () => {
      micros[handled++] = (performance.now() - publishedAt) * 1000;
    };
    if (batched) bus.subscribe(TOPIC, { batch: { size: SIZE, waitMs: 5 } }, note);
    else bus.subscribe(TOPIC, note);
    for (let i = 0; i < total; i++) {
      publishedAt = performance.now();
      bus.publish(TOPIC, { n: 1 });
      await pause(everyMs);
    }
    if (handled !== total) throw new Error(`${total - handled} of ${total} were not handled alone`);
    await bus.stop();
    const sorted = micros.slice(warm).sort();
    const at = (share) => sorted[Math.floor(sorted.length * share)];
    return { p50: at(0.5), p99: at(0.99) };
  };
}

/** @param {keyof typeof AWAITS} awaits */
const compared = (awaits) => ({
  [ONE_BY_ONE]: throughput({ awaits, batched: false }),
  [BATCHED]: throughput({ awaits, batched: true }),
});

/** @type {import('../lib/rounds.mjs').Claim} */
export default {
  name: 'batch',
  group: 'plugins',
  title: 'Handlers that take messages by the batch',
  tables: [
    {
      short: 'timer',
      title: 'a handler that awaits a timer of 1 ms',
      unit: 'ns a message',
      contenders: compared('timer'),
      goals: [must(timesBetter(5, ONE_BY_ONE, BATCHED))],
      perSecond: 1e9,
    },
    {
      short: 'turn',
      title: 'a handler that awaits one turn of the event loop, the least there is to await',
      unit: 'ns a message',
      contenders: compared('turn'),
      goals: [must(timesBetter(5, ONE_BY_ONE, BATCHED))],
      perSecond: 1e9,
      notes: ['most of what is left is the publish itself and the outcome of each message'],
    },
    {
      short: 'low load',
      title: 'low load, a message every 7 ms: from publish to the handler, waitMs 5',
      unit: 'µs',
      contenders: {
        [PLAIN]: latency({ batched: false, everyMs: 7 }),
        [BATCHED]: latency({ batched: true, everyMs: 7 }),
      },
      goals: [must(atMostOver(100, 'µs', `${PLAIN} p50`, `${BATCHED} p50`))],
      rounds: 3,
    },
  ],
};
