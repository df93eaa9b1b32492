import { connect } from '@nats-io/transport-node';
import { Packr } from 'msgpackr';
import { ASK, EVENT } from '../topics.mjs';

/** After as many bytes the server is asked whether it has them. */
const FLUSH_BYTES = 1024 * 1024;
const TIMEOUT_MS = 5000;

const packr = new Packr({ useRecords: false });

/** @param {string} server */
const open = (server) => connect({ servers: server });

/** @param {{ server: string }} settings @param {(payload: any) => void} handler */
export async function subscriber({ server }, handler) {
  const connection = await open(server);
  const callback = (_error, message) => handler(packr.unpack(message.data));
  connection.subscribe(EVENT, { callback });
  await connection.flush();
  return {};
}

/** @param {{ server: string, bytes: number }} settings */
export async function publisher({ server, bytes }) {
  const connection = await open(server);
  const every = Math.ceil(FLUSH_BYTES / bytes);
  let unasked = 0;
  /** @type {Promise<void> | undefined} */
  let asked;
  /** @type {Promise<void> | undefined} */
  let full;
  // It takes whatever it gets; so there are two rounds of flushes under way, and no more.
  const flush = () => {
    unasked = 0;
    const before = asked;
    asked = connection.flush();
    full = before;
    before?.then(() => {
      if (full === before) full = undefined;
    });
  };
  return {
    publish(payload) {
      connection.publish(EVENT, packr.pack(payload));
      if (++unasked >= every) flush();
      return full;
    },
  };
}

/** @param {{ server: string }} settings @param {(payload: any) => unknown} handler */
export async function responder({ server }, handler) {
  const connection = await open(server);
  connection.subscribe(ASK, {
    callback: async (_error, message) => {
      message.respond(packr.pack(await handler(packr.unpack(message.data))));
    },
  });
  await connection.flush();
  return {};
}

/** @param {{ server: string }} settings */
export async function requester({ server }) {
  const connection = await open(server);
  return {
    async request(payload) {
      const reply = await connection.request(ASK, packr.pack(payload), { timeout: TIMEOUT_MS });
      return packr.unpack(reply.data);
    },
  };
}
