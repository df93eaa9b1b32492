import { setTimeout as sleep } from 'node:timers/promises';
import { machineMs } from '../machine-clock.mjs';

/**
 * Publishes at a steady rate, and notes when.
 *
 * @param {any} peer
 * @param {object} settings
 */
export async function open(peer, settings) {
  const { publish, address, reachable } = await peer.paced(settings);

  /** @param {{ count: number, everyMs: number }} plan */
  async function publishPaced({ count, everyMs }) {
    const sentAt = [];
    for (let n = 0; n < count; n++) {
      await sleep(everyMs);
      sentAt.push(machineMs());
      await publish({ n });
    }
    return sentAt;
  }

  return { address, calls: { publish: publishPaced, reachable } };
}
