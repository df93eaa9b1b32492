import { arrivals } from '../arrivals.mjs';
import { BATCH } from '../batch-size.mjs';
import { payloadsOf } from '../payload.mjs';

/**
 * Sends, or takes, and tells what its books say.
 *
 * @param {any} peer
 * @param {{ bytes: number, takes?: boolean }} settings
 */
export async function open(peer, { takes = false, ...settings }) {
  const { take, complete } = arrivals();
  let handled = 0;
  const handler = (payload) => {
    handled++;
    take(payload);
  };
  const { address, publish, books } = await peer.counted(settings, takes ? handler : undefined);
  const make = payloadsOf(settings.bytes);
  let sent = 0;

  /** @param {number} count */
  async function send(count) {
    const until = sent + count;
    while (sent < until) {
      const taken = publish(make(sent++));
      if (sent % BATCH === 0) await taken;
    }
    return sent;
  }

  return { address, calls: { send, complete, books: () => ({ handled, books: books() }) } };
}
