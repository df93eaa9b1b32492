import { withEnds } from './ends.mjs';

const NUMBER = 100_000;
const MS = 1000;

/**
 * From two processes that have sent nothing yet: milliseconds from link up until a number of messages
 * has arrived, and how many have in the first second.
 *
 * @param {string} peer
 * @param {{ bytes?: number }} [options]
 */
export function coldOneWay(peer, { bytes = 128 } = {}) {
  return () =>
    withEnds({}, async ({ path, start }) => {
      const settings = { peer, bytes, path };
      const subscriber = await start('cold-subscriber', settings);
      const publisher = await start('cold-publisher', { ...settings, address: subscriber.address });
      const { startedAt, sent } = await publisher.call('burst', { number: NUMBER, ms: MS });
      await subscriber.call('complete', sent);
      const moment = startedAt + MS;
      const { count, at } = await subscriber.call('progress', { moment, number: NUMBER });
      return { '': at - startedAt, 'in the first second': count };
    });
}
