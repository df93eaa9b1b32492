import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Fixture } from '@bus/testkit';
import { transportConformance } from '@bus/testkit';
import { test } from 'vitest';
import type { AcmeFeatures } from '../src/index.ts';
import { transportAcme } from '../src/index.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A fresh link over TCP, whose sockets the kit can have destroyed under it. */
async function link(): Promise<Fixture<AcmeFeatures>> {
  const port = await freePort();
  const accepted = new Set<Socket>();
  const note = (message: unknown): void => {
    accepted.add((message as { socket: Socket }).socket);
  };
  subscribe('net.server.socket', note);
  const another = () => transportAcme({ connect: { port } });
  return {
    left: transportAcme({ listen: { port } }),
    right: another(),
    another,
    sever() {
      for (const socket of accepted) socket.resetAndDestroy();
    },
    heal: () => undefined,
    dispose: () => void unsubscribe('net.server.socket', note),
  };
}

await transportConformance({
  name: 'acme',
  runner: {
    test: (title, run) => test(title, run, 20_000),
    skip: (title, reason) => test.skip(`${title} (${reason})`),
  },
  create: link,
});
