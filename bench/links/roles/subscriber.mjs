import { arrivals } from '../arrivals.mjs';

/**
 * Counts what arrives.
 *
 * @param {any} peer
 * @param {object} settings
 */
export async function open(peer, settings) {
  const arrived = arrivals();
  const { address } = await peer.subscriber(settings, arrived.take);
  const { restart, complete, measured } = arrived;
  return { address, calls: { restart, complete, measured } };
}
