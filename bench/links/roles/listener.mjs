import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 2;
const LONGEST_MS = 30_000;

/**
 * Notes when something arrives again, by a clock that all processes of a machine share.
 *
 * @param {any} peer
 * @param {object} settings
 */
export async function open(peer, settings) {
  /** @type {number | undefined} */
  let arrivedAt;
  await peer.listener(settings, () => {
    arrivedAt ??= Number(process.hrtime.bigint());
  });

  /** When the first message since `forget` came, in nanoseconds. */
  async function firstArrival() {
    const until = performance.now() + LONGEST_MS;
    while (arrivedAt === undefined) {
      if (performance.now() > until) throw new Error(`nothing came for ${LONGEST_MS / 1000} s`);
      await sleep(POLL_MS);
    }
    return arrivedAt;
  }
  const forget = () => {
    arrivedAt = undefined;
  };
  return { calls: { forget, firstArrival } };
}
