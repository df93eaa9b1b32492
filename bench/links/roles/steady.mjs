import { machineMs } from '../machine-clock.mjs';
import { payloadsOf } from '../payload.mjs';

/**
 * Publishes some messages each millisecond, and writes into each when that was.
 *
 * @param {any} peer
 * @param {{ bytes: number, perMs: number }} settings
 */
export async function open(peer, settings) {
  const { publish } = await peer.publisher(settings);
  const make = payloadsOf(settings.bytes);
  let sent = 0;

  /** @param {number} ms */
  const publishFor = (ms) =>
    new Promise((resolve) => {
      const startedAt = performance.now();
      const before = sent;
      const timer = setInterval(() => {
        const passed = Math.min(performance.now() - startedAt, ms);
        // A timer that is late makes up for it, so that every contender is sent as much.
        const due = before + Math.floor(passed) * settings.perMs;
        while (sent < due) publish({ ...make(sent++), at: machineMs() });
        if (passed < ms) return;
        clearInterval(timer);
        resolve(sent);
      }, 1);
    });

  return { calls: { publishFor } };
}
