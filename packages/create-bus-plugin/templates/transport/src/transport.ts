import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { LinkOptions, Transport, TransportPlugin } from '@bus/wire';
import { defineTransport } from '@bus/wire';
import { attach } from './socket-connection.ts';

const features = {
  framing: 'stream',
  ordered: true,
  backpressure: true,
  reconnect: true,
  detectsClose: true,
  transfers: false,
  maxSendBytes: undefined,
} as const;

/** What TCP can and cannot do. */
export type AcmeFeatures = typeof features;

/** Where to listen, on any free port if it is 0, or to connect to; `host` is 127.0.0.1 by default. */
export interface AcmeAddress {
  readonly port: number;
  readonly host?: string;
}

/** Which side of the link to be. */
export type AcmeOptions = { readonly listen: AcmeAddress } | { readonly connect: AcmeAddress };

/** Links buses over TCP, in plain text: within this machine, or a network that is trusted. */
export function transportAcme(
  options: AcmeOptions,
  link?: LinkOptions,
): TransportPlugin<AcmeFeatures> {
  const side = 'listen' in options ? listener(options.listen) : connector(options.connect);
  return defineTransport(side, link);
}

function listener({ port, host = '127.0.0.1' }: AcmeAddress): Transport<AcmeFeatures> {
  const sockets = new Set<Socket>();
  let chosen = port;
  let current: Server | undefined;
  return {
    name: 'acme',
    role: 'listen',
    features,
    get address() {
      return `${host}:${chosen}`;
    },
    async open(bus, signal) {
      signal.throwIfAborted();
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        attach(socket, bus);
      });
      current = server;
      server.listen({ port: chosen, host });
      await once(server, 'listening', { signal }).catch((error) => {
        server.close();
        throw signal.aborted ? signal.reason : error;
      });
      if (current !== server) {
        server.close();
        throw new Error('closed while it opened');
      }
      chosen = (server.address() as AddressInfo).port;
      server.on('error', (error) => bus.failed(error));
    },
    async close() {
      const server = current;
      current = undefined;
      for (const socket of sockets) socket.destroy();
      if (server?.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

function connector({ port, host = '127.0.0.1' }: AcmeAddress): Transport<AcmeFeatures> {
  let current: Socket | undefined;
  return {
    name: 'acme',
    role: 'connect',
    features,
    address: `${host}:${port}`,
    async open(bus, signal) {
      signal.throwIfAborted();
      const socket = connect({ port, host });
      current = socket;
      await once(socket, 'connect', { signal }).catch((error) => {
        socket.destroy();
        throw signal.aborted ? signal.reason : error;
      });
      attach(socket, bus);
    },
    async close() {
      // Whoever waits for it to connect is told; one that has connected just ends.
      current?.destroy(current.connecting ? new Error('closed while it opened') : undefined);
    },
  };
}
