import { setTimeout as sleep } from 'node:timers/promises';

const TICK_MS = 10;

/**
 * Publishes at a rate, and counts what is acknowledged.
 *
 * @param {any} peer
 * @param {object} settings
 */
export async function open(peer, settings) {
  const { publish, report } = await peer.sender(settings);
  let sent = 0;
  let acknowledged = 0;
  let failed = 0;

  const one = (key) =>
    publish({ n: sent++, key }).then(
      (count) => {
        if (count > 0) acknowledged++;
      },
      () => {
        failed++;
      },
    );

  /** @param {{ count: number, keys: number, ms: number }} load */
  async function run({ count, keys, ms }) {
    const startedAt = performance.now();
    while (sent < count) {
      const due = Math.min(count, Math.ceil(((performance.now() - startedAt) * count) / ms));
      while (sent < due) void one(sent % keys);
      await sleep(TICK_MS);
    }
  }

  const state = () => ({ sent, acknowledged, failed, ...report() });
  return { calls: { run, state } };
}
