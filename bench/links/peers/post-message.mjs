import { EVENT } from '../topics.mjs';

/** A port takes whatever it gets: the receiver says how far it is, and no more than this is under way. */
const MOST_IN_FLIGHT = 8192;
const ACKNOWLEDGE_EVERY = 1024;

/** @param {{ port: import('node:worker_threads').MessagePort }} settings @param {(payload: any) => void} handler */
export function subscriber({ port }, handler) {
  const handlers = new Map([[EVENT, handler]]);
  let received = 0;
  port.on('message', ({ t, d }) => {
    handlers.get(t)?.(d);
    if (++received % ACKNOWLEDGE_EVERY === 0) port.postMessage(received);
  });
  return {};
}

/** @param {{ port: import('node:worker_threads').Worker }} settings */
export function publisher({ port }) {
  let sent = 0;
  let received = 0;
  /** @type {Promise<void> | undefined} */
  let full;
  let resume = () => {};
  port.on('message', (count) => {
    received = count;
    if (sent - received < MOST_IN_FLIGHT / 2) resume();
  });
  const wait = () =>
    new Promise((resolve) => {
      resume = () => {
        full = undefined;
        resolve(undefined);
      };
    });
  return {
    publish(payload) {
      port.postMessage({ id: sent++, t: EVENT, d: payload });
      if (full === undefined && sent - received >= MOST_IN_FLIGHT) full = wait();
      return full;
    },
  };
}
