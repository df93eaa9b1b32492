import { BATCH } from '../batch-size.mjs';
import { payloadsOf } from '../payload.mjs';

/**
 * Publishes as fast as the link takes it.
 *
 * @param {any} peer
 * @param {{ bytes: number, awaitEach?: boolean }} settings
 */
export async function open(peer, settings) {
  const { publish } = await peer.publisher(settings);
  const make = payloadsOf(settings.bytes);
  const batch = settings.awaitEach ? 1 : BATCH;
  let sent = 0;

  /** @param {number} ms */
  async function publishFor(ms) {
    const until = performance.now() + ms;
    while (performance.now() < until) {
      for (let left = BATCH; left > 0; left -= batch) {
        let taken;
        for (let i = 0; i < batch; i++) taken = publish(make(sent++));
        if (taken !== undefined) await taken;
      }
    }
    return sent;
  }

  return { calls: { publishFor } };
}
