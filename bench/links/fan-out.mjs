import { withEnds } from './ends.mjs';
import { carry, clockOf } from './one-way.mjs';

const SUBSCRIBERS = 50;
const PROCESSES = 2;

/**
 * From one publisher over a Unix socket to a hub, and from there to 50 WebSockets in two processes;
 * microseconds a delivery.
 *
 * @param {string} peer
 * @param {{ bytes?: number, [option: string]: unknown }} [options]
 */
export function fannedOut(peer, { bytes = 128, ...options } = {}) {
  return (effort) =>
    withEnds({}, async ({ path, start }) => {
      const hub = await start('hub', { ...options, peer, bytes, path, webSockets: true });
      const share = {
        ...options,
        peer,
        address: hub.address,
        subscribers: SUBSCRIBERS / PROCESSES,
      };
      const subscribers = await Promise.all(
        Array.from({ length: PROCESSES }, (_, part) =>
          start('subscribers', { ...share, name: `subscriber-${part}`, transport: 'ws' }),
        ),
      );
      await hub.call('reachable', SUBSCRIBERS);
      const publisherOf = await hub.call('publishers');
      const publisher = await start('publisher', { ...options, bytes, ...publisherOf });
      const clocks = { hub: clockOf(hub) };
      const { sent, measured, cpu } = await carry(publisher, subscribers, clocks, effort);
      const perMs = measured.reduce((sum, { count, ms }) => sum + count / ms, 0);
      return { '': 1000 / perMs, [HUB_CPU]: cpu.hub / 1000 / (sent * SUBSCRIBERS) };
    });
}

/** Microseconds of the hub's processor time for a delivery. */
export const HUB_CPU = 'CPU hub';
