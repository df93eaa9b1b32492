import { subscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { transportConformance } from '@bus/testkit';
import { it } from 'vitest';
import { transportIpc } from '../src/index.ts';
import { childMirror, Mirrors, workerMirror } from './support/mirrors.ts';

const runner = {
  test: (title: string, run: () => Promise<void>) => it(title, run, 20_000),
  skip: (title: string, reason: string) => it.skip(`${title} (${reason})`),
};

/** Every connection a server of this process has accepted, to break the transport's behind its back. */
const accepted = new Set<Socket>();
subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket };
  accepted.add(socket);
  socket.once('close', () => accepted.delete(socket));
});

await transportConformance({
  name: 'a socket',
  runner,
  async create() {
    const directory = await mkdtemp(join(tmpdir(), 'ipc-'));
    const path = join(directory, 'hub.sock');
    return {
      left: transportIpc({ listen: path }),
      right: transportIpc({ connect: path }),
      another: () => transportIpc({ connect: path }),
      sever() {
        for (const socket of accepted) socket.destroy();
      },
      heal: () => undefined,
      dispose: () => rm(directory, { recursive: true, force: true }),
    };
  },
});

await transportConformance({
  name: 'a message channel',
  runner,
  create() {
    const { port1, port2 } = new MessageChannel();
    return {
      left: transportIpc({ port: port1 }),
      right: transportIpc({ port: port2 }),
      sever: () => port1.close(),
      dispose() {
        port1.close();
        port2.close();
      },
    };
  },
});

const workers = new Mirrors(workerMirror);

await transportConformance({
  name: 'a worker thread',
  runner,
  create() {
    const mirror = workers.take();
    return {
      left: transportIpc({ port: mirror.port }),
      right: transportIpc({ port: mirror.port }),
      sever: () => mirror.end(),
      dispose: () => workers.giveBack(mirror),
    };
  },
});

for (const serialization of ['json', 'advanced'] as const) {
  const children = new Mirrors(() => childMirror(serialization));

  await transportConformance({
    name: `a child process, serialization ${serialization}`,
    runner,
    create() {
      const mirror = children.take();
      return {
        left: transportIpc({ port: mirror.port }),
        right: transportIpc({ port: mirror.port }),
        sever: () => mirror.end(),
        dispose: () => children.giveBack(mirror),
      };
    },
  });
}
