import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { quiet } from '@bus/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { transportWs } from '../src/index.ts';

const tickMs = 20;

/** A way to a port that lets so many bytes a second through towards it, and all bytes back. */
async function slowWay(port: number, bytesPerSecond: number): Promise<number> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on('error', () => undefined);
    }
    far.pipe(near);
    const timer = setInterval(() => {
      const most = (bytesPerSecond * tickMs) / 1000;
      const bytes: Buffer | null = near.read(Math.min(most, near.readableLength));
      if (bytes !== null) far.write(bytes);
    }, tickMs);
    near.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('a page whose uplink is full keeps its link, though no ping of its gets through in time', async () => {
  const all = { receive: ['**'], send: ['**'] };
  const listener = transportWs({ listen: { port: 0 } }, all);
  const hub = createBus({ id: 'hub', log: quiet }).use(pubsub(), listener);
  let arrived = 0;
  hub.subscribe('upload', () => void arrived++);
  await hub.start();
  const port = await slowWay(Number(new URL(listener.transport.address).port), 100 * 1024);
  const heartbeat = { intervalMs: 100, suspectMs: 400, downMs: 800 };
  const page = createBus({ id: 'page', log: quiet }).use(
    pubsub(),
    transportWs({ connect: `ws://127.0.0.1:${port}` }, { ...all, heartbeat }),
  );
  onTestFinished(async () => {
    await Promise.all([page.stop({ drainMs: 0 }), hub.stop({ drainMs: 0 })]);
  });
  const lost: unknown[] = [];
  page.subscribe('$bus.peer.down', ({ payload }) => void lost.push(payload));
  await page.start();
  const end = performance.now() + 3000;
  while (performance.now() < end) {
    await page.publish('upload', 'x'.repeat(16_384)).catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(lost).toEqual([]);
  expect(arrived).toBeGreaterThan(5);
}, 15_000);
