import { openBus } from '../lib/ours.mjs';
import { BATCH } from './batch-size.mjs';
import { withEnds } from './ends.mjs';

const MESSAGES = 10_000_000;
const QUICK_MESSAGES = 1_000_000;
const TOPICS = 1000;
const PAYLOAD_BYTES = 128;
/** What one call to an end may carry within its time limit. */
const PART = 2_000_000;

/**
 * Counts what handlers got of what was published, and whether the books of both ends say the same.
 *
 * @param {{ linked: boolean }} kind
 */
export function lostOf({ linked }) {
  return async ({ quick }) => {
    const messages = quick ? QUICK_MESSAGES : MESSAGES;
    return linked ? overLink(messages) : within(messages);
  };
}

/** @param {number} messages */
async function within(messages) {
  const bus = await openBus({ taps: false });
  let handled = 0;
  bus.subscribe('count.*', () => {
    handled++;
  });
  for (let n = 0; n < messages; n++) {
    const taken = bus.publish(`count.t${n % TOPICS}`, { n });
    if (n % BATCH === 0) await taken;
  }
  const { accepted, inFlight, ended } = bus.inspect().outcomes;
  await bus.stop();
  return { lost: messages - handled, unaccounted: unaccounted(accepted, inFlight, ended, handled) };
}

/** @param {number} messages */
function overLink(messages) {
  return withEnds({}, async ({ path, start }) => {
    const settings = { peer: 'bus', bytes: PAYLOAD_BYTES, path };
    const taker = await start('counting', { ...settings, takes: true });
    const sender = await start('counting', { ...settings, address: taker.address });
    for (let sent = 0; sent < messages; sent += PART) {
      const total = await sender.call('send', Math.min(PART, messages - sent));
      await taker.call('complete', total);
    }
    const { handled, books: theirs } = await taker.call('books');
    const { books: ours } = await sender.call('books');
    return {
      lost: messages - handled,
      unaccounted:
        unaccounted(theirs.accepted, theirs.inFlight, theirs.ended, handled) +
        unaccounted(ours.accepted, ours.inFlight, ours.ended, messages),
    };
  });
}

/** How far the books are from saying that `done` messages came and ended well, and no other. */
function unaccounted(accepted, inFlight, ended, done) {
  const { dropped, handled, forwarded, ...others } = ended;
  const rest = [...Object.values(dropped), ...Object.values(others)];
  const bad = rest.reduce((sum, count) => sum + count, 0);
  return (
    Math.abs(accepted - inFlight - handled - forwarded - bad) + bad + Math.abs(accepted - done)
  );
}
