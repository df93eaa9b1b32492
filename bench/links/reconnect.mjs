import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../lib/measure.mjs';
import { withEnds } from './ends.mjs';

const REPETITIONS = 5;
const QUICK_REPETITIONS = 3;

/** A port that is free now, so that a hub can have the same one again. @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/**
 * Kills a hub and starts it again: milliseconds from when it listens until what it publishes comes
 * to a client that was connected before.
 *
 * @param {string} peer
 * @param {{ downMs?: number, [option: string]: unknown }} [options] how long there is no hub, beyond
 *   the time a process takes to start
 */
export function reconnected(peer, { downMs = 0, ...options } = {}) {
  return ({ quick }) =>
    withEnds({}, async ({ path, start }) => {
      const port = await freePort();
      const settings = { ...options, peer, path, listenPort: port };
      let hub = await start('beacon', settings);
      const client = await start('listener', settings);
      await client.call('firstArrival');

      const took = [];
      for (let i = 0; i < (quick ? QUICK_REPETITIONS : REPETITIONS); i++) {
        await hub.kill();
        await client.call('forget');
        await sleep(downMs);
        hub = await start('beacon', settings);
        took.push((await client.call('firstArrival')) - Number(hub.address));
      }
      return { median: median(took) / 1e6, worst: Math.max(...took) / 1e6 };
    });
}
