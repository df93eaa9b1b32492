import { arrivals } from '../arrivals.mjs';

/**
 * Many subscribers with a connection each.
 *
 * @param {any} peer
 * @param {{ subscribers: number }} settings
 */
export async function open(peer, settings) {
  const all = Array.from({ length: settings.subscribers }, () => arrivals());
  await Promise.all(all.map(({ take }, index) => peer.subscriber({ ...settings, index }, take)));

  /** Deliveries to all of them, in the time of the slowest. */
  const measured = () => {
    const each = all.map((one) => one.measured());
    return {
      count: each.reduce((sum, { count }) => sum + count, 0),
      ms: Math.max(...each.map(({ ms }) => ms)),
    };
  };
  const restart = () => {
    for (const one of all) one.restart();
  };
  /** @param {number} total that each of them gets */
  const complete = async (total) => {
    await Promise.all(all.map((one) => one.complete(total)));
  };
  return { calls: { measured, restart, complete } };
}
