// msgpackr frames over a Unix socket as a good engineer writes them: the yardstick of a link.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { ASK, EVENT } from '../topics.mjs';
import { incoming, outgoing } from './batches.mjs';

/** @param {import('node:net').Socket} socket */
function writing(socket) {
  /** @type {import('./batches.mjs').Sink} */
  const sink = {
    full: undefined,
    write(bytes) {
      if (socket.write(bytes)) return;
      sink.full ??= once(socket, 'drain').then(() => {
        sink.full = undefined;
      });
    },
  };
  return outgoing(sink);
}

/**
 * @param {string} path
 * @param {(socket: import('node:net').Socket) => (message: any) => void} accept
 */
async function listen(path, accept) {
  const server = createServer((socket) => socket.on('data', incoming(accept(socket))));
  server.listen(path);
  await once(server, 'listening');
  return { address: path };
}

/** @param {string} address */
async function open(address) {
  const socket = connect(address);
  await once(socket, 'connect');
  return socket;
}

/** A message with all that an envelope of the bus says. */
function enveloped(id, topic, payload) {
  return {
    id: `publisher-${id.toString(36)}`,
    kind: 'event',
    topic,
    payload,
    headers: { trace: '4bf92f3577b34da6' },
    source: 'publisher',
    time: payload.at,
    priority: 'normal',
    correlationId: undefined,
    replyTo: undefined,
  };
}

/** @param {{ path: string, envelope?: boolean }} settings @param {(payload: any) => void} handler */
export function subscriber({ path, envelope = false }, handler) {
  const handlers = new Map([[EVENT, handler]]);
  return listen(path, () => {
    if (envelope) return (message) => handlers.get(message.topic)?.(message.payload);
    return (message) => handlers.get(message.t)?.(message.d);
  });
}

/** @param {{ address: string, envelope?: boolean }} settings */
export async function publisher({ address, envelope = false }) {
  const send = writing(await open(address));
  let id = 0;
  if (envelope) return { publish: (payload) => send(enveloped(id++, EVENT, payload)) };
  return { publish: (payload) => send({ id: id++, t: EVENT, d: payload }) };
}

/** @param {{ path: string }} settings @param {(payload: any) => unknown} handler */
export function responder({ path }, handler) {
  const handlers = new Map([[ASK, handler]]);
  return listen(path, (socket) => {
    const send = writing(socket);
    return async ({ id, t, d }) => {
      send({ id, d: await handlers.get(t)?.(d) });
    };
  });
}

/** @param {{ address: string }} settings */
export async function requester({ address }) {
  const socket = await open(address);
  const send = writing(socket);
  /** @type {Map<number, (reply: any) => void>} */
  const pending = new Map();
  let id = 0;
  const take = (reply) => {
    const resolve = pending.get(reply.id);
    pending.delete(reply.id);
    resolve?.(reply.d);
  };
  socket.on('data', incoming(take));
  return {
    request: (payload) =>
      new Promise((resolve) => {
        pending.set(++id, resolve);
        send({ id, t: ASK, d: payload });
      }),
  };
}
