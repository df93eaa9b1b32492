import { setTimeout as sleep } from 'node:timers/promises';
import { BATCH } from './batch-size.mjs';

const POLL_MS = 5;
const STALL_MS = 5000;

/**
 * Counts what arrives at one subscriber, and checks that it is all of it and in order.
 */
export function arrivals() {
  let count = 0;
  let disordered = 0;
  let startCount = 0;
  let startAt = 0;
  let lastAt = 0;

  // Publishers send whole batches, so that the last message of all is one at which the clock is read.
  const tick = () => {
    lastAt = performance.now();
    if (startAt === 0) {
      startAt = lastAt;
      startCount = count;
    }
  };

  return {
    /** @param {{ n: number }} payload */
    take(payload) {
      if (payload.n !== count) disordered++;
      count++;
      if (count % BATCH === 0) tick();
    },

    /** How many there are since the clock was first read, and in what time. */
    measured() {
      return { count: count - startCount, ms: lastAt - startAt };
    },

    /** Measures anew from the next message on. */
    restart() {
      startAt = 0;
    },

    /**
     * Waits until `total` have come in all.
     *
     * @param {number} total
     */
    async complete(total) {
      let before = count;
      let changedAt = performance.now();
      while (count < total) {
        await sleep(POLL_MS);
        if (count !== before) {
          before = count;
          changedAt = performance.now();
        } else if (performance.now() - changedAt > STALL_MS) {
          throw new Error(`${total - count} of ${total} messages never arrived`);
        }
      }
      if (count > total) throw new Error(`${count - total} messages arrived twice`);
      if (disordered > 0) throw new Error(`${disordered} messages were out of order`);
    },
  };
}
