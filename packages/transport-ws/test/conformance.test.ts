import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Fixture, transportConformance } from '@bus/testkit';
import { defineTransport } from '@bus/wire';
import { describe, test } from 'vitest';
import WebSocket from 'ws';
import { transportWs, type WsFeatures } from '../src/index.ts';
import { PlatformClient } from '../src/platform-client.ts';
import type { PlatformSocket } from '../src/platform-connection.ts';

const runner = {
  test: (title: string, run: () => Promise<void>): void => test(title, { timeout: 60_000 }, run),
  skip: (title: string, reason: string): void => test.skip(`${title} (${reason})`, () => undefined),
};

/** A server that listens, and what destroys all its sockets. */
async function listening(server: Server): Promise<{ url: string; sever: () => void }> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sever = () => {
    for (const socket of sockets) socket.destroy();
  };
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/bus`, sever };
}

type Link = Fixture<WsFeatures>;
type Client = (url: string) => Link['right'];

// The pair of buses uses topics of its own choice, none of which a listener lets through by itself.
const all = { receive: ['**'], send: ['**'] };
const nodeClient: Client = (connect) => transportWs({ connect }, all);
const platformClient: Client = (url) => {
  const client = new PlatformClient(url, undefined, (href) => {
    const socket = new WebSocket(href);
    socket.on('error', () => undefined);
    return socket as unknown as PlatformSocket;
  });
  return defineTransport(client, all);
};

async function overUserServer(client: Client): Promise<Link> {
  const server = createHttpServer((_request, response) => response.writeHead(404).end());
  const { url, sever } = await listening(server);
  return {
    left: transportWs({ listen: { server, path: '/bus' } }, all),
    right: client(url),
    another: () => client(url),
    sever,
    heal: () => undefined,
    dispose: () => {
      sever();
      server.close();
    },
  };
}

/** A proxy of TCP stands between, whose port is known before that of the listener. */
async function overOwnServer(client: Client): Promise<Link> {
  const left = transportWs({ listen: { port: 0, path: '/bus' } }, all);
  const proxy = createServer((near) => {
    const far = connect(Number(new URL(left.transport.address).port), '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.pipe(to);
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
    }
  });
  const { url, sever } = await listening(proxy);
  return {
    left,
    right: client(url),
    another: () => client(url),
    sever,
    heal: () => undefined,
    dispose: async () => {
      sever();
      proxy.close();
      await left.transport.close();
    },
  };
}

describe('conformance', async () => {
  for (const [name, create] of [
    ["ws, on the user's server", () => overUserServer(nodeClient)],
    ['ws, on a server of its own', () => overOwnServer(nodeClient)],
    ["ws, a client on the platform's WebSocket", () => overUserServer(platformClient)],
  ] as const)
    await transportConformance<WsFeatures>({ name, runner, create });
});
