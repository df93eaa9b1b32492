import { once } from 'node:events';
import { Packr } from 'msgpackr';
import { WebSocket, WebSocketServer } from 'ws';
import { EVENT } from '../topics.mjs';
import { incoming, outgoing } from './batches.mjs';

const MOST_BUFFERED = 256 * 1024;
const LISTEN = { host: '127.0.0.1', port: 0, perMessageDeflate: false };

/**
 * One WebSocket message a write; full once too much waits in the socket.
 *
 * @param {WebSocket} socket
 * @returns {import('./batches.mjs').Sink}
 */
export function sinkOf(socket) {
  /** @type {import('./batches.mjs').Sink} */
  const sink = {
    full: undefined,
    write(bytes) {
      if (sink.full !== undefined || socket.bufferedAmount < MOST_BUFFERED) {
        socket.send(bytes);
        return;
      }
      sink.full = new Promise((resolve) => {
        socket.send(bytes, () => {
          sink.full = undefined;
          resolve();
        });
      });
    },
  };
  return sink;
}

/**
 * Each message as it comes.
 *
 * @param {import('./batches.mjs').Sink} sink
 */
export function unbatched(sink) {
  const packr = new Packr({ useRecords: false });
  return (message) => {
    sink.write(packr.pack(message));
    return sink.full;
  };
}

/**
 * What reads one WebSocket message.
 *
 * @param {boolean} batched many messages in one WebSocket message, or one
 * @param {(payload: any) => void} handler
 */
export function reading(batched, handler) {
  const handlers = new Map([[EVENT, handler]]);
  const take = (message) => handlers.get(message.t)?.(message.d);
  if (batched) return incoming(take);
  const packr = new Packr({ useRecords: false });
  return (bytes) => take(packr.unpack(bytes));
}

/** @param {{ batched: boolean }} settings @param {(payload: any) => void} handler */
export async function subscriber({ batched }, handler) {
  const server = new WebSocketServer(LISTEN);
  server.on('connection', (socket) => socket.on('message', reading(batched, handler)));
  await once(server, 'listening');
  return { address: `ws://127.0.0.1:${server.address().port}` };
}

/** @param {{ address: string, batched: boolean }} settings */
export async function publisher({ address, batched }) {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  await once(socket, 'open');
  const sink = sinkOf(socket);
  const send = batched ? outgoing(sink) : unbatched(sink);
  let id = 0;
  return { publish: (payload) => send({ id: id++, t: EVENT, d: payload }) };
}
