import { withEnds } from './ends.mjs';
import { carry, clockOf, cpuEach } from './one-way.mjs';

/**
 * From a publisher through a hub to a subscriber, three processes; microseconds a message.
 *
 * @param {string} peer
 * @param {{ bytes?: number, [option: string]: unknown }} [options]
 */
export function relayed(peer, { bytes = 128, ...options } = {}) {
  return (effort) =>
    withEnds({}, async ({ path, start }) => {
      const hub = await start('hub', { ...options, peer, bytes, path });
      const settings = { ...options, peer, bytes, address: hub.address };
      const subscriber = await start('subscriber', settings);
      const publisher = await start('publisher', settings);
      const clocks = {
        publisher: clockOf(publisher),
        hub: clockOf(hub),
        subscriber: clockOf(subscriber),
      };
      const { sent, tookMs, measured, cpu } = await carry(publisher, [subscriber], clocks, effort);
      const [{ count, ms }] = measured;
      return {
        '': (ms * 1000) / count,
        ...cpuEach(cpu, sent),
        [HUB_CORES]: cpu.hub / (tookMs * 1e6),
      };
    });
}

/** How much of a core the hub uses. */
export const HUB_CORES = 'hub, cores';
