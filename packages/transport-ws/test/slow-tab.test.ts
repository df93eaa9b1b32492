import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { createBus } from '@bus/core';
import { pubsub } from '@bus/pubsub';
import { quiet } from '@bus/test-support';
import type { LinkReport } from '@bus/wire';
import { expect, onTestFinished, test } from 'vitest';
import { transportWs } from '../src/index.ts';

/** A way to a listener whose client can cease to read, as a tab does that is busy. */
async function wayTo(port: number): Promise<{ port: number; stopReading(): void }> {
  const fromListener: Socket[] = [];
  const server = createServer((client) => {
    const there = connect(port, '127.0.0.1');
    fromListener.push(there);
    client.pipe(there).pipe(client);
    for (const socket of [client, there]) socket.on('error', () => client.destroy());
    onTestFinished(() => void there.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const stopReading = (): void => {
    for (const socket of fromListener) socket.unpipe().pause();
  };
  return { port: (server.address() as { port: number }).port, stopReading };
}

test('a tab that does not read costs its hub one message a topic, where it wants the latest', async () => {
  const listener = transportWs({ listen: { port: 0 } }, { send: ['gauge.*'] });
  const hub = createBus({ id: 'hub', log: quiet }).use(pubsub()).use(listener);
  await hub.start();
  onTestFinished(() => hub.stop({ drainMs: 0 }));
  const way = await wayTo(Number(new URL(listener.transport.address).port));
  const tab = createBus({ id: 'tab', log: quiet })
    .use(pubsub())
    .use(transportWs({ connect: `ws://127.0.0.1:${way.port}/` }));
  for (const topic of ['gauge.a', 'gauge.b']) {
    tab.subscribe(topic, () => undefined, { mode: 'latest' });
  }
  await tab.start();
  onTestFinished(() => tab.stop({ drainMs: 0 }));
  const remotes = () => hub.endpoints().filter(({ kind }) => kind === 'remote');
  await expect.poll(() => remotes().length).toBe(2);

  way.stopReading();
  const text = 'x'.repeat(1000);
  const link = () => hub.inspect().links[0] as LinkReport;
  // Until the sockets between have all they take, nothing has to wait.
  for (let n = 0; remotes().every(({ pending }) => pending === 0); n++) {
    if (n % 100 === 0) await new Promise(setImmediate);
    await hub.publish('gauge.a', { n, text });
    await hub.publish('gauge.b', { n, text });
  }
  const { messages, bytes } = link().sent;
  const before = hub.inspect().outcomes.ended.superseded;
  for (let n = 0; n < 20_000; n++) {
    await hub.publish('gauge.a', { n, text });
    await hub.publish('gauge.b', { n, text });
  }
  expect(link().sent.messages - messages).toBeLessThan(10);
  expect(bytes).toBeLessThan(32 << 20);
  expect(hub.inspect().outcomes.ended.superseded - before).toBeGreaterThan(39_900);
  for (const { pending } of remotes()) expect(pending).toBeLessThanOrEqual(2);
});
