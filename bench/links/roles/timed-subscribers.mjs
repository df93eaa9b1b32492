import { setTimeout as sleep } from 'node:timers/promises';
import { machineMs } from '../machine-clock.mjs';

const POLL_MS = 5;
const STALL_MS = 10_000;

/**
 * Many subscribers with a connection each, which note when a message reached the last of them.
 *
 * @param {any} peer
 * @param {{ subscribers: number }} settings
 */
export async function open(peer, settings) {
  const lastAt = [];
  const calls = [];
  const take = ({ n }) => {
    lastAt[n] = machineMs();
    calls[n] = (calls[n] ?? 0) + 1;
  };
  await Promise.all(
    Array.from({ length: settings.subscribers }, (_, index) =>
      peer.subscriber({ ...settings, index }, take),
    ),
  );

  /** @param {number} messages */
  async function lastArrivals(messages) {
    const until = performance.now() + STALL_MS;
    while (calls[messages - 1] !== settings.subscribers) {
      if (performance.now() > until) throw new Error('some messages never arrived');
      await sleep(POLL_MS);
    }
    const missed = calls.findIndex((count) => count !== settings.subscribers);
    if (missed >= 0) throw new Error(`message ${missed} did not reach everybody`);
    return lastAt;
  }

  return { calls: { lastArrivals } };
}
