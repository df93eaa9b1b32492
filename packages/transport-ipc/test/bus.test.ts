import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import type { TransportPlugin } from '@bus/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PortFeatures, SocketFeatures } from '../src/index.ts';
import { transportIpc } from '../src/index.ts';
import { directory } from './support/directory.ts';
import { startChild, startWorker, word } from './support/fixtures.ts';
import { quietLog } from './support/host.ts';

type Link = TransportPlugin<SocketFeatures | PortFeatures>;

const links: Record<string, () => Promise<{ link: Link; kill(): Promise<unknown> | boolean }>> = {
  'a socket': async () => {
    const path = join(await directory(), 'hub.sock');
    const child = startChild('shop', [path]);
    await word(child);
    expect(await word(child)).toBe('started');
    return { link: transportIpc({ connect: path }), kill: () => child.kill('SIGKILL') };
  },
  'a child process': async () => {
    const child = startChild('shop', [], 'advanced');
    return { link: transportIpc({ port: child }), kill: () => child.kill('SIGKILL') };
  },
  'a worker thread': async () => {
    const worker = startWorker('shop');
    return { link: transportIpc({ port: worker }), kill: () => worker.terminate() };
  },
};

function busWith(link: Link) {
  const bus = createBus({ id: 'here', log: quietLog }).use(
    routerGlob(),
    pubsub(),
    correlation(),
    link,
  );
  onTestFinished(() => bus.stop({ drainMs: 0 }));
  const down = new Promise((resolve) => bus.subscribe('$bus.peer.down', resolve));
  const offered = (pattern: string) =>
    new Promise<void>((resolve) => {
      bus.subscribe('$bus.endpoint.added', ({ payload }) => {
        const { endpoint } = payload as { endpoint: { kind: string; pattern: string } };
        if (endpoint.kind === 'remote' && endpoint.pattern === pattern) resolve();
      });
    });
  return { bus, up: Promise.all(['orders.quote', 'stock.*'].map(offered)), down };
}

describe.each(Object.entries(links))('a bus over %s', (_name, make) => {
  it('asks and hears the other, and learns of its end', async () => {
    const { link, kill } = await make();
    const { bus, up, down } = busWith(link);
    const heard = new Promise((resolve) =>
      bus.subscribe('shop.heard', (message) => resolve(message.payload)),
    );
    await bus.start();
    await up;
    expect(await bus.request('orders.quote', { qty: 2 })).toEqual({ price: 6 });
    const picture = new Uint8Array(100_000).fill(5);
    await bus.publish('stock.arrived', { picture });
    expect(await heard).toEqual({ picture });
    await kill();
    await down;
    await expect(bus.request('orders.quote', { qty: 2 })).rejects.toThrow(
      expect.objectContaining({ code: 'BUS_NO_ROUTE' }),
    );
  });
});

describe('two buses in one thread', () => {
  it('answer what is asked as soon as somebody offers to', async () => {
    const { port1, port2 } = new MessageChannel();
    const { bus } = busWith(transportIpc({ port: port1 }));
    const there = createBus({ id: 'there' }).use(routerGlob(), transportIpc({ port: port2 }));
    onTestFinished(() => there.stop({ drainMs: 0 }));
    there.handle('time.ask', ({ kind }) => `asked by ${kind}`);
    const reply = new Promise<unknown>((resolve, reject) => {
      bus.subscribe('$bus.endpoint.added', ({ payload }) => {
        const { endpoint } = payload as { endpoint: { pattern: string } };
        if (endpoint.pattern === 'time.ask') bus.request('time.ask', {}).then(resolve, reject);
      });
    });
    await Promise.all([bus.start(), there.start()]);
    expect(await reply).toBe('asked by request');
  });
});
