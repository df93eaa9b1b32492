// A hub of ws by hand: what comes over a Unix socket goes to every WebSocket.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Packr } from 'msgpackr';
import { WebSocket, WebSocketServer } from 'ws';
import { incoming, outgoing } from './batches.mjs';
import { reading, sinkOf, unbatched } from './web-sockets.mjs';

const OPTIONS = { perMessageDeflate: false };

/**
 * @typedef {object} Ways how the hub sends
 * @property {boolean} [once] encodes for all subscribers once, not for each
 * @property {boolean} [batched] many messages in one WebSocket message
 *
 * @typedef {import('./batches.mjs').Sink} Sink
 */

/**
 * @param {Sink[]} sinks
 * @param {Ways} ways
 * @returns {(message: object) => void}
 */
function sender(sinks, { once: encodesOnce = false, batched = false }) {
  if (batched) {
    // One batch for all: written to each of them, and copied by none.
    const all = {
      full: undefined,
      write(bytes) {
        for (const sink of sinks) sink.write(bytes);
      },
    };
    return outgoing(all);
  }
  if (encodesOnce) {
    const packr = new Packr({ useRecords: false });
    return (message) => {
      const bytes = packr.pack(message);
      for (const sink of sinks) sink.write(bytes);
    };
  }
  /** @type {Map<Sink, (message: object) => unknown>} */
  const sends = new Map();
  const sendTo = (sink) => {
    const send = unbatched(sink);
    sends.set(sink, send);
    return send;
  };
  return (message) => {
    for (const sink of sinks) (sends.get(sink) ?? sendTo(sink))(message);
  };
}

/** @param {{ path: string } & Ways} settings */
export async function hub({ path, ...ways }) {
  /** @type {Sink[]} */
  const sinks = [];
  const server = new WebSocketServer({ ...OPTIONS, host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    sinks.push(sinkOf(socket));
  });
  await once(server, 'listening');

  const source = createServer((socket) => {
    const take = incoming(sender(sinks, ways));
    socket.on('data', async (bytes) => {
      take(bytes);
      const waiting = sinks.flatMap(({ full }) => full ?? []);
      if (waiting.length === 0) return;
      socket.pause();
      await Promise.all(waiting);
      socket.resume();
    });
  });
  source.listen(path);
  await once(source, 'listening');
  return {
    address: `ws://127.0.0.1:${server.address().port}`,
    publishers: { peer: 'frames', address: path },
    async reachable(count) {
      while (sinks.length < count) await once(server, 'connection');
    },
  };
}

/** @param {{ address: string, batched?: boolean }} settings @param {(payload: any) => void} handler */
export async function subscriber({ address, batched = false }, handler) {
  const socket = new WebSocket(address, OPTIONS);
  socket.on('message', reading(batched, handler));
  await once(socket, 'open');
  return {};
}
