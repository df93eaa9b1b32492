import { setTimeout as sleep } from 'node:timers/promises';
import { oursUntapped } from '../lib/ours.mjs';
import { withEnds } from './ends.mjs';
import { EVENT } from './topics.mjs';

const MESSAGES = 2000;
const QUICK_MESSAGES = 400;
const WARM = 200;
const EVERY_MS = 5;
const PROCESSES = 2;

/**
 * Milliseconds from publish until the last subscriber's handler has been called.
 *
 * @param {{ local?: number, linked?: number, transport?: 'ipc' | 'ws' }} kind
 */
export function reachedAll({ local, linked = 0, transport = 'ipc' }) {
  return async ({ quick }) => {
    const messages = quick ? QUICK_MESSAGES : MESSAGES;
    const took =
      local === undefined
        ? await overLinks(messages, linked, transport)
        : await within(messages, local);
    return percentiles(took.slice(WARM));
  };
}

/** @param {number} messages @param {number} subscribers */
async function within(messages, subscribers) {
  const bus = await oursUntapped();
  let calls = 0;
  let lastAt = 0;
  for (let i = 0; i < subscribers; i++) {
    bus.on(EVENT, () => {
      calls++;
      lastAt = performance.now();
    });
  }
  const took = [];
  for (let n = 0; n < messages; n++) {
    await sleep(1);
    const at = performance.now();
    bus.emit(EVENT, { n });
    if (calls !== subscribers * (n + 1)) throw new Error(`message ${n} did not reach everybody`);
    took.push(lastAt - at);
  }
  await bus.stop();
  return took;
}

/** @param {number} messages @param {number} subscribers @param {'ipc' | 'ws'} transport */
function overLinks(messages, subscribers, transport) {
  return withEnds({}, async ({ path, start }) => {
    const hub = await start('paced', { peer: 'bus', path, transport });
    const share = subscribers / PROCESSES;
    const parts = await Promise.all(
      Array.from({ length: PROCESSES }, (_, part) =>
        start('timed-subscribers', {
          peer: 'bus',
          transport,
          address: hub.address,
          subscribers: share,
          name: `timed-${part}`,
        }),
      ),
    );
    await hub.call('reachable', subscribers);
    const sentAt = await hub.call('publish', { count: messages, everyMs: EVERY_MS });
    const arrived = await Promise.all(parts.map((part) => part.call('lastArrivals', messages)));
    return sentAt.map((at, n) => Math.max(...arrived.map((last) => last[n])) - at);
  });
}

/** @param {number[]} took */
function percentiles(took) {
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: at(0.5), p99: at(0.99), max: sorted[sorted.length - 1] };
}
