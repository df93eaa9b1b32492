import { arrivals } from '../arrivals.mjs';
import { BATCH } from '../batch-size.mjs';
import { machineMs } from '../machine-clock.mjs';

/**
 * Notes when messages arrive.
 *
 * @param {any} peer
 * @param {object} settings
 */
export async function open(peer, settings) {
  const arrived = arrivals();
  let count = 0;
  /** When each batch was complete. @type {number[]} */
  const batchesAt = [];
  const { address } = await peer.subscriber(settings, (payload) => {
    arrived.take(payload);
    if (++count % BATCH === 0) batchesAt.push(machineMs());
  });

  /** How far the messages had come by a moment, and when a number of them was there. */
  function progress({ moment, number }) {
    const batches = batchesAt.filter((at) => at <= moment).length;
    return { count: batches * BATCH, at: batchesAt[Math.ceil(number / BATCH) - 1] };
  }

  return { address, calls: { complete: arrived.complete, progress } };
}
