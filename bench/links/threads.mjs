import { withEnds } from './ends.mjs';
import { carry, clockOf, cpuEach } from './one-way.mjs';

/**
 * From the main thread to a worker thread; microseconds a message.
 *
 * @param {string} peer
 * @param {{ bytes?: number, [option: string]: unknown }} [options]
 */
export function toThread(peer, { bytes = 128, ...options } = {}) {
  return (effort) =>
    withEnds({}, async ({ start }) => {
      const both = await start('threads', { ...options, peer, bytes });
      const clocks = { 'both threads': clockOf(both) };
      const { sent, measured, cpu } = await carry(both, [both], clocks, effort);
      const [{ count, ms }] = measured;
      return { '': (ms * 1000) / count, ...cpuEach(cpu, sent) };
    });
}
