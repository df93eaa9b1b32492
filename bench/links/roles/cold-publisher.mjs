import { BATCH } from '../batch-size.mjs';
import { machineMs } from '../machine-clock.mjs';
import { payloadsOf } from '../payload.mjs';

/**
 * Publishes from the moment its link is up, as fast as the link takes it.
 *
 * @param {any} peer
 * @param {{ bytes: number }} settings
 */
export async function open(peer, settings) {
  const make = payloadsOf(settings.bytes);
  const { publish } = await peer.publisher(settings);

  /** Until a number has been sent and some time has passed. */
  async function burst({ number, ms }) {
    const startedAt = machineMs();
    let sent = 0;
    while (sent < number || machineMs() - startedAt < ms) {
      let taken;
      for (let i = 0; i < BATCH; i++) taken = publish(make(sent++));
      if (taken !== undefined) await taken;
    }
    return { startedAt, sent };
  }

  return { calls: { burst } };
}
