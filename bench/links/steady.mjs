import { withEnds } from './ends.mjs';
import { carry, clockOf, cpuEach } from './one-way.mjs';

/**
 * From a publisher that sends at a steady rate to a subscriber; milliseconds that a message takes.
 *
 * @param {{ bytes?: number, perMs: number, [option: string]: unknown }} options
 */
export function steady({ bytes = 128, ...options }) {
  return (effort) =>
    withEnds({}, async ({ path, start }) => {
      const settings = { ...options, peer: 'bus', bytes, path };
      const subscriber = await start('stopwatch', settings);
      const publisher = await start('steady', { ...settings, address: subscriber.address });
      const clocks = { publisher: clockOf(publisher), subscriber: clockOf(subscriber) };
      const { sent, measured, cpu } = await carry(publisher, [subscriber], clocks, effort);
      const [{ p50, p99 }] = measured;
      return { '': p50, p99, ...cpuEach(cpu, sent) };
    });
}
