import { median } from '../../lib/measure.mjs';
import { payloadsOf } from '../payload.mjs';

/**
 * Asks, and checks what it is answered.
 *
 * @param {any} peer
 * @param {{ bytes: number, inFlight: number }} settings
 */
export async function open(peer, settings) {
  const { request } = await peer.requester(settings);
  const make = payloadsOf(settings.bytes);
  let asked = 0;

  const ask = async () => {
    const n = asked++;
    const reply = await request(make(n));
    if (reply.n !== n + 1) throw new Error(`request ${n} got the reply of another`);
  };

  /** Keeps `inFlight` requests under way. @param {number} ms */
  async function requestFor(ms) {
    const before = asked;
    const startedAt = performance.now();
    const caller = async () => {
      while (performance.now() - startedAt < ms) await ask();
    };
    await Promise.all(Array.from({ length: settings.inFlight }, caller));
    return { count: asked - before, ms: performance.now() - startedAt };
  }

  /** One after the other; the median time of them. @param {number} ms */
  async function medianFor(ms) {
    const startedAt = performance.now();
    const took = [];
    let before = startedAt;
    while (before - startedAt < ms) {
      await ask();
      const now = performance.now();
      took.push(now - before);
      before = now;
    }
    return { count: took.length, p50: median(took) };
  }

  return { calls: { requestFor, medianFor } };
}
