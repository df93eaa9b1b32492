import { Redis } from 'ioredis';
import { Packr } from 'msgpackr';
import { EVENT } from '../topics.mjs';

/** Publishes under way, of which the server has not said that it has them. */
const MOST_IN_FLIGHT = 2048;

const packr = new Packr({ useRecords: false });

/** @param {{ server: string }} settings @param {(payload: any) => void} handler */
export async function subscriber({ server }, handler) {
  const client = new Redis({ path: server });
  client.on('messageBuffer', (_channel, bytes) => handler(packr.unpack(bytes)));
  await client.subscribe(EVENT);
  return {};
}

/** @param {{ server: string }} settings */
export async function publisher({ server }) {
  const client = new Redis({ path: server, enableAutoPipelining: true });
  await client.ping();
  let inFlight = 0;
  /** @type {ReturnType<typeof deferred> | undefined} */
  let full;
  const taken = () => {
    if (--inFlight > MOST_IN_FLIGHT / 2 || full === undefined) return;
    full.resolve();
    full = undefined;
  };
  return {
    publish(payload) {
      inFlight++;
      client.publish(EVENT, packr.pack(payload)).then(taken);
      if (inFlight < MOST_IN_FLIGHT) return undefined;
      full ??= deferred();
      return full.promise;
    },
  };
}

function deferred() {
  let resolve = () => {};
  const promise = new Promise((settle) => {
    resolve = () => settle(undefined);
  });
  return { promise, resolve };
}
