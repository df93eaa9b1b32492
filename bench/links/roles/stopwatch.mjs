import { arrivals } from '../arrivals.mjs';
import { machineMs } from '../machine-clock.mjs';

/**
 * Notes how long each message took.
 *
 * @param {any} peer
 * @param {object} settings
 */
export async function open(peer, settings) {
  const arrived = arrivals();
  let took = [];
  const { address } = await peer.subscriber(settings, (payload) => {
    took.push(machineMs() - payload.at);
    arrived.take(payload);
  });
  const restart = () => {
    took = [];
    arrived.restart();
  };
  const measured = () => {
    took.sort((a, b) => a - b);
    const at = (share) => took[Math.floor(share * (took.length - 1))];
    return { p50: at(0.5), p99: at(0.99) };
  };
  return { address, calls: { restart, complete: arrived.complete, measured } };
}
