import { linkEffort } from './effort.mjs';
import { withEnds } from './ends.mjs';
import { cpuOf } from './usage.mjs';

/**
 * Whose processor time counts, by name.
 *
 * @typedef {Record<string, () => number | Promise<number>>} Clocks
 */

/** @param {Clocks} clocks @returns {Promise<Record<string, number>>} */
async function readAll(clocks) {
  const read = Object.entries(clocks).map(async ([name, clock]) => [name, await clock()]);
  return Object.fromEntries(await Promise.all(read));
}

/**
 * How much processor time something takes, in nanoseconds by name.
 *
 * @template T
 * @param {Clocks} clocks
 * @param {() => Promise<T>} work
 */
export async function cpuUsed(clocks, work) {
  const before = await readAll(clocks);
  const result = await work();
  const after = await readAll(clocks);
  const used = Object.keys(clocks).map((name) => [name, after[name] - before[name]]);
  return { result, cpu: /** @type {Record<string, number>} */ (Object.fromEntries(used)) };
}

/**
 * Lets a publisher send for a while, waits for all of it, does so again, and measures that.
 *
 * @param {import('./ends.mjs').End} publisher
 * @param {import('./ends.mjs').End[]} subscribers
 * @param {Clocks} clocks
 * @param {import('../lib/measure.mjs').Effort} effort
 */
export async function carry(publisher, subscribers, clocks, effort) {
  const { warmMs, measureMs } = linkEffort(effort);
  const all = (call, argument) => Promise.all(subscribers.map((end) => end.call(call, argument)));
  const publishFor = async (ms) => {
    const startedAt = performance.now();
    const total = await publisher.call('publishFor', ms);
    await all('complete', total);
    return { total, tookMs: performance.now() - startedAt };
  };

  const warmed = await publishFor(warmMs);
  await all('restart');
  const { result, cpu } = await cpuUsed(clocks, () => publishFor(measureMs));
  return {
    sent: result.total - warmed.total,
    tookMs: result.tookMs,
    measured: await all('measured'),
    cpu,
  };
}

/** @param {import('./ends.mjs').End} end */
export const clockOf = (end) => () => end.call('cpu');

/** Microseconds a message. @param {Record<string, number>} cpu @param {number} messages */
export function cpuEach(cpu, messages) {
  return Object.fromEntries(
    Object.entries(cpu).map(([name, nanoseconds]) => [
      `CPU ${name}`,
      nanoseconds / 1000 / messages,
    ]),
  );
}

/**
 * From a publisher to a subscriber, each a process; microseconds a message.
 *
 * @param {string} peer
 * @param {{ bytes?: number, server?: string, [option: string]: unknown }} [options]
 */
export function oneWay(peer, { bytes = 128, server: serverName, ...options } = {}) {
  return (effort) =>
    withEnds({ server: serverName }, async ({ path, server, start }) => {
      const settings = { ...options, peer, bytes, path, server: server?.address };
      const subscriber = await start('subscriber', settings);
      const publisher = await start('publisher', { ...settings, address: subscriber.address });
      const { sent, measured, cpu } = await carry(
        publisher,
        [subscriber],
        {
          publisher: clockOf(publisher),
          subscriber: clockOf(subscriber),
          ...(server && { broker: () => cpuOf(server.pid) }),
        },
        effort,
      );
      const [{ count, ms }] = measured;
      return { '': (ms * 1000) / count, ...cpuEach(cpu, sent) };
    });
}
