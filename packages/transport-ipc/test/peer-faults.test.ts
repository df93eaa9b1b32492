import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Plugin } from '@bus/core';
import { createBus, definePlugin } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import type { LinkOptions, PeerChange } from '@bus/wire';
import { describe, expect, it, onTestFinished } from 'vitest';
import { transportIpc } from '../src/index.ts';
import { directory } from './support/directory.ts';
import { startChild, word } from './support/fixtures.ts';
import { quietLog } from './support/host.ts';

async function startShop(path: string): Promise<ChildProcess> {
  const child = startChild('shop', [path]);
  onTestFinished(() => void child.kill('SIGKILL'));
  expect(await word(child)).toBe('starting');
  expect(await word(child)).toBe('started');
  return child;
}

const nothing = definePlugin({ name: 'nothing', setup: () => undefined });

async function linked(path: string, options: LinkOptions = {}, plugin: Plugin = nothing) {
  const transport = transportIpc({ connect: path }, options);
  const bus = createBus({ id: 'here', log: quietLog }).use(
    routerGlob(),
    pubsub(),
    correlation({ timeoutMs: 60_000 }),
    transport,
    plugin,
  );
  onTestFinished(() => bus.stop({ drainMs: 0 }));
  const told: { topic: string; reason: string }[] = [];
  const watchers: (() => void)[] = [];
  bus.subscribe('$bus.peer.*', ({ topic, payload }) => {
    told.push({ topic, reason: (payload as { reason: string }).reason });
    for (const watch of watchers.splice(0)) watch();
  });
  const until = async (topic: string, times: number) => {
    while (told.filter((event) => event.topic === topic).length < times) {
      await new Promise<void>((resolve) => watchers.push(resolve));
    }
  };
  await bus.start();
  return { bus, told, until };
}

const codeOf = (error: unknown) => (error as { code: string }).code;

describe('a peer that is killed', () => {
  it('fails every request it had, running and waiting, with CORRELATION_PEER_GONE', async () => {
    const path = join(await directory(), 'hub.sock');
    const child = await startShop(path);
    const { bus } = await linked(path, { limits: { pendingRequests: 4 } });
    const asked = Array.from({ length: 20 }, () =>
      bus.request('orders.never', {}).catch((error: unknown) => codeOf(error)),
    );
    expect(await bus.request('orders.quote', { qty: 1 })).toEqual({ price: 3 });
    child.kill('SIGKILL');
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['CORRELATION_PEER_GONE']));
    const { accepted, inFlight, ended } = bus.inspect().outcomes;
    const { dropped, ...others } = ended;
    const sum = [...Object.values(others), ...Object.values(dropped)].reduce((a, b) => a + b, 0);
    expect([accepted, inFlight]).toEqual([sum, 0]);
  });

  it('is linked again when it is back, with what it offers', async () => {
    const path = join(await directory(), 'hub.sock');
    const first = await startShop(path);
    const { bus, until } = await linked(path, { reconnect: { baseMs: 5, maxMs: 20 } });
    expect(await bus.request('orders.quote', { qty: 1 })).toEqual({ price: 3 });
    first.kill('SIGKILL');
    await until('$bus.peer.down', 1);
    await expect(bus.request('orders.quote', { qty: 1 })).rejects.toMatchObject({
      code: 'BUS_NO_ROUTE',
    });
    const offered = new Promise<void>((resolve) => {
      bus.subscribe('$bus.endpoint.added', ({ payload }) => {
        const { endpoint } = payload as { endpoint: { pattern: string } };
        if (endpoint.pattern === 'orders.quote') resolve();
      });
    });
    await startShop(path);
    await offered;
    expect(await bus.request('orders.quote', { qty: 2 })).toEqual({ price: 6 });
  });
});

describe('a peer that is stopped', () => {
  const heartbeat = { intervalMs: 20, idleMs: 1000, suspectMs: 60, downMs: 200 };

  it('is suspect, and no more than that when it goes on', async () => {
    const path = join(await directory(), 'hub.sock');
    const child = await startShop(path);
    const types: string[] = [];
    const seen: { type: string; see(): void }[] = [];
    const until = (type: PeerChange['type']) =>
      new Promise<void>((see) => {
        if (types.includes(type)) see();
        else seen.push({ type, see });
      });
    const watcher = definePlugin({
      name: 'watcher',
      setup(host) {
        host.hooks.fact.tap(({ name, value: { type, peer } }) => {
          if (name !== 'peer') return undefined;
          types.push(type);
          if (type === 'up')
            peer.watch({ intervalMs: 20, idleMs: 1000, suspectMs: 60, downMs: 30_000 });
          for (const waiting of seen) if (waiting.type === type) waiting.see();
          return undefined;
        });
        return undefined;
      },
    });
    const { bus } = await linked(path, {}, watcher);
    await until('up');
    child.kill('SIGSTOP');
    await until('silent');
    const asked = bus.request('orders.quote', { qty: 2 });
    child.kill('SIGCONT');
    await until('heard');
    expect(await asked).toEqual({ price: 6 });
    expect(types).not.toContain('down');
  });

  it('is down after its time of silence, and back when it goes on', async () => {
    const path = join(await directory(), 'hub.sock');
    const child = await startShop(path);
    const { bus, told, until } = await linked(path, {
      heartbeat,
      reconnect: { baseMs: 5, maxMs: 20 },
    });
    const asked = bus.request('orders.never', {}).catch((error: unknown) => codeOf(error));
    child.kill('SIGSTOP');
    expect(await asked).toBe('CORRELATION_PEER_GONE');
    await until('$bus.peer.down', 1);
    expect(told.find(({ topic }) => topic === '$bus.peer.down')?.reason).toContain('200 ms');
    child.kill('SIGCONT');
    await until('$bus.peer.up', 2);
    await expect
      .poll(() => bus.request('orders.quote', { qty: 2 }).catch(codeOf))
      .toEqual({ price: 6 });
  });
});
