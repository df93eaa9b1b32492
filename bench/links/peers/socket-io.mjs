import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { ASK, EVENT } from '../topics.mjs';

const OPTIONS = { transports: ['websocket'] };
/** Packets the engine may hold before its publisher waits. */
const MOST_WAITING = 64;

/** @param {(socket: import('socket.io').Socket) => void} accept */
async function listen(accept, port = 0) {
  const http = createServer();
  new Server(http, { ...OPTIONS, serveClient: false }).on('connection', accept);
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  return { address: `http://127.0.0.1:${http.address().port}` };
}

/** @param {string} address */
async function open(address) {
  const socket = io(address, OPTIONS);
  await new Promise((resolve) => socket.once('connect', () => resolve(undefined)));
  return socket;
}

/** @param {object} _settings @param {(payload: any) => void} handler */
export function subscriber(_settings, handler) {
  return listen((socket) => socket.on(EVENT, handler));
}

/** @param {{ address: string }} settings */
export async function publisher({ address }) {
  const socket = await open(address);
  const { engine } = socket.io;
  /** @type {Promise<void> | undefined} */
  let full;
  // It queues without end; once the engine has written what it holds it says so.
  const waitForDrain = () =>
    new Promise((resolve) =>
      engine.once('drain', () => {
        full = undefined;
        resolve(undefined);
      }),
    );
  return {
    publish(payload) {
      socket.emit(EVENT, payload);
      if (full === undefined && engine.writeBuffer.length > MOST_WAITING) full = waitForDrain();
      return full;
    },
  };
}

/** @param {object} _settings @param {(payload: any) => unknown} handler */
export function responder(_settings, handler) {
  return listen((socket) =>
    socket.on(ASK, async (payload, acknowledge) => acknowledge(await handler(payload))),
  );
}

/** @param {{ address: string }} settings */
export async function requester({ address }) {
  const socket = await open(address);
  return {
    request: (payload) => new Promise((resolve) => socket.emit(ASK, payload, resolve)),
  };
}

/** @param {{ listenPort: number }} settings */
export async function beacon({ listenPort }) {
  /** @type {Set<import('socket.io').Socket>} */
  const sockets = new Set();
  await listen((socket) => sockets.add(socket), listenPort);
  return {
    publish(payload) {
      for (const socket of sockets) socket.emit(EVENT, payload);
    },
  };
}

/** @param {{ listenPort: number }} settings @param {(payload: any) => void} handler */
export async function listener({ listenPort }, handler) {
  const socket = await open(`http://127.0.0.1:${listenPort}`);
  socket.on(EVENT, handler);
}
