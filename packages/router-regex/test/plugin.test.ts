import type { Endpoint, Host, Matcher } from '@bus/core';
import { createBus, definePlugin } from '@bus/core';
import { afterEach, describe, expect, it } from 'vitest';
import { RegexRouter, routerRegex, untrusted } from '../src/index.ts';
import { refusalOf } from './support/endpoints.ts';

const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A bus with the router, and what plugins are given. */
const log = { debug() {}, info() {}, warn() {}, error() {} };

async function startBus(options?: Parameters<typeof routerRegex>[0]) {
  let host: Host | undefined;
  const far = definePlugin({
    name: 'far',
    setup(given: Host) {
      host = given;
      return undefined;
    },
  });
  const bus = createBus({ id: 'here', log }).use(routerRegex(options), far);
  await bus.start();
  stops.push(() => bus.stop());
  const addRemote = (pattern: RegExp, peer: string): Endpoint => {
    if (host === undefined) throw new Error('not set up');
    return host.addEndpoint({
      pattern,
      kinds: ['notification'],
      handler: () => undefined,
      origin: { peer, link: 'link' } as never,
    });
  };
  return { bus, addRemote };
}

describe('routerRegex', () => {
  it('lets a RegExp stand where a pattern is expected', async () => {
    const { bus } = await startBus();
    const seen: string[] = [];
    const subscription = bus.handle(/^orders\.(?:eu|us)\./, (message) => {
      seen.push(message.topic);
    });
    await bus.notify('orders.eu.created', 1);
    await expect(bus.notify('orders.asia.created', 1)).rejects.toMatchObject({
      code: 'BUS_NO_ROUTE',
    });
    expect(seen).toEqual(['orders.eu.created']);
    subscription.stop();
    await expect(bus.notify('orders.eu.created', 1)).rejects.toMatchObject({
      code: 'BUS_NO_ROUTE',
    });
  });

  it('leaves strings to the kernel and to other routers', async () => {
    const { bus } = await startBus();
    bus.handle('orders.created', () => undefined);
    expect(await bus.notify('orders.created', 1)).toBe(1);
  });

  it('runs the patterns of peers in the linear engine, whatever is chosen for its own', async () => {
    const { bus, addRemote } = await startBus();
    bus.handle(/^(?!orders\.)/, () => undefined);
    addRemote(/^orders\./, 'there');
    expect(bus.inspect().plugins['@bus/router-regex']).toEqual({
      v8: { patterns: 1, withoutPrefix: 1 },
      linear: { patterns: 1 },
    });
    expect(await bus.notify('orders.created', 1)).toBe(1);
  });

  it('refuses what the linear engine cannot take, and routes nothing to it', async () => {
    const { bus, addRemote } = await startBus();
    expect(refusalOf(() => addRemote(/^(a+)+\1$/, 'there'))).toMatch(/refers back/);
    expect(refusalOf(() => bus.handle(untrusted(/(?=a)/), () => undefined))).toMatch(/ahead/);
    expect(bus.endpoints()).toEqual([]);
    await expect(bus.notify('aaaa', 1)).rejects.toMatchObject({ code: 'BUS_NO_ROUTE' });
  });

  it('with engine linear refuses for the program itself too', async () => {
    const { bus } = await startBus({ engine: 'linear' });
    expect(refusalOf(() => bus.handle(/(?<!a)b/, () => undefined))).toMatch(/behind/);
    bus.handle(/b$/, () => undefined);
    expect(await bus.notify('a.b', 1)).toBe(1);
  });

  it('refuses an engine it does not have', () => {
    expect(() => routerRegex({ engine: 'pcre' as 'v8' })).toThrow(
      "option 'engine' is 'pcre': give one of v8, linear",
    );
  });

  it('refuses a misspelled option and names the one that was meant', () => {
    const misspelled = { engin: 'linear' } as Parameters<typeof routerRegex>[0];
    expect(() => routerRegex(misspelled)).toThrow(
      expect.objectContaining({
        code: 'BUS_OPTION_INVALID',
        message: "routerRegex has no option 'engin': did you mean 'engine'?",
      }),
    );
  });

  it('shares a bus with a router of strings: each claims its own, and its patterns come first', async () => {
    const strings: Matcher = {
      name: 'strings',
      add: (endpoint) => void added.add(endpoint),
      remove: (endpoint) => void added.delete(endpoint),
      match: (_topic, found) => void found.push(...added),
      matches: () => true,
      specificity: () => '39',
    };
    const added = new Set<Endpoint>();
    const other = definePlugin({
      name: 'strings',
      setup(host: Host) {
        host.hooks.claim.tap((pattern) => (pattern === '**' ? strings : undefined));
        return undefined;
      },
    });
    const bus = createBus({ id: 'both' }).use(other, routerRegex());
    await bus.start();
    stops.push(() => bus.stop());
    bus.handle(/^orders\./, () => undefined, { name: 'regex' });
    bus.handle('**' as string, () => undefined, { name: 'string' });
    expect(await bus.notify('orders.created', 1)).toBe(2);
    expect(await bus.notify('stock.low', 1)).toBe(1);
    const { endpoints } = bus.explain('orders.created', { kind: 'notification' });
    expect(endpoints.map(({ name }) => name)).toEqual(['string', 'regex']);
  });

  it('provides one capability, so that two of it are refused', () => {
    expect(routerRegex().provides).toBe(RegexRouter.name);
  });
});
