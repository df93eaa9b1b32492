import { describe, expect, test } from 'vitest';
import { Endpoint as EndpointClass } from '../src/endpoint.ts';
import type { Endpoint, EndpointPolicy } from '../src/index.ts';
import { Routes } from '../src/routes.ts';
import { ignore, testBench } from './support/bench.ts';
import type { CountingMatcher } from './support/prefix-router.ts';
import { prefixMatcher, prefixRouter } from './support/prefix-router.ts';

const owner = {
  id: 'hub',
  remove: () => undefined,
  traffic: { busy: 0, changes: 0 },
  resume: () => undefined,
  changed: () => undefined,
  drained: () => Promise.resolve(),
};
const policy: EndpointPolicy = {
  name: undefined,
  priority: 0,
  kinds: ['event'],
  concurrency: 1,
  capacity: 1,
  overflow: 'block',
  balance: 'round-robin',
  timeoutMs: 1,
  keyOf: undefined,
};
let sequence = 0;
function endpoint(pattern: string, matcher?: CountingMatcher): Endpoint {
  const definition = { pattern, kinds: ['event'] as const, handler: () => undefined };
  return new EndpointClass(owner, sequence++, 0, definition, 'test', policy, matcher, '09');
}
const routeOf = (routes: Routes, topic: string) =>
  routes.cachedRoute(topic) ?? routes.findRoute(topic);
const endpointsOf = (routes: Routes, topic: string) =>
  routeOf(routes, topic).plan('event').candidates;

describe('the cache of routes', () => {
  test('asks a matcher once per topic, however often it is sent', async () => {
    const matcher = prefixMatcher();
    const { publish, subscribe } = await testBench({ plugins: [prefixRouter(matcher)] });
    let seen = 0;
    subscribe('a*', () => void seen++);
    await publish('a.b');
    const { asked } = matcher;
    for (let i = 1; i < 100; i++) await publish('a.b');
    expect([seen, matcher.asked]).toEqual([100, asked]);
  });

  test('keeps a route through changes that do not touch its topic', () => {
    const routes = new Routes();
    const matcher = prefixMatcher();
    routes.add(endpoint('a*', matcher));
    const kept = routeOf(routes, 'a.b');
    for (let i = 0; i < 50; i++) {
      const other = endpoint(i % 2 ? `x${i}` : 'x*', i % 2 ? undefined : matcher);
      routes.add(other);
      routes.remove(other);
      expect(routes.cachedRoute('a.b')).toBe(kept);
    }
  });

  test('finds a route anew when an endpoint for its topic came or went', () => {
    const routes = new Routes();
    const matcher = prefixMatcher();
    for (const pattern of ['a.b', 'a*']) {
      const size = endpointsOf(routes, 'a.b').length;
      const added = endpoint(pattern, pattern.endsWith('*') ? matcher : undefined);
      routes.add(added);
      expect(routes.cachedRoute('a.b')).toBeUndefined();
      expect(endpointsOf(routes, 'a.b')).toHaveLength(size + 1);
      routes.remove(added);
      expect(routes.cachedRoute('a.b')).toBeUndefined();
      expect(endpointsOf(routes, 'a.b')).toHaveLength(size);
    }
  });

  test('gives up routes that many changes ago were last seen, and is right all the same', () => {
    const routes = new Routes();
    const stale = routeOf(routes, 'a');
    for (let i = 0; i < 1000; i++) routes.add(endpoint(`other.${i}`));
    const mine = endpoint('a');
    routes.add(mine);
    for (let i = 1000; i < 2000; i++) routes.add(endpoint(`other.${i}`));
    const found = routeOf(routes, 'a');
    expect(found).not.toBe(stale);
    expect(found.plan('event').candidates).toEqual([mine]);
  });

  test('is bounded under a flood of topics, and keeps what repeats', () => {
    const routes = new Routes();
    const mine = endpoint('mine');
    routes.add(mine);
    for (let i = 0; i < 100_000; i++) {
      routeOf(routes, `flood.${i}`);
      if (i % 2 === 0) expect(endpointsOf(routes, 'mine')).toEqual([mine]);
    }
    expect(routes.cached).toBeLessThanOrEqual(2 * 4096);
    expect(routes.cachedRoute('mine')).toBeDefined();
  });

  test('holds more where a matcher asks for it', () => {
    const routes = new Routes();
    const matcher = { ...prefixMatcher(), cache: 10_000 };
    routes.add(endpoint('a*', matcher));
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 8000; i++) routeOf(routes, `a.${i}`);
    }
    expect(routes.cached).toBeGreaterThan(5000);
    expect(routes.cached).toBeLessThanOrEqual(20_000);
  });

  test('is not fooled by names of Object.prototype', () => {
    const routes = new Routes();
    for (const topic of ['__proto__', 'constructor', 'hasOwnProperty']) {
      expect(routes.cachedRoute(topic)).toBeUndefined();
      expect(endpointsOf(routes, topic)).toEqual([]);
      const added = endpoint(topic);
      routes.add(added);
      expect(endpointsOf(routes, topic)).toEqual([added]);
    }
  });

  test('removing twice, or what was never added, changes nothing', () => {
    const routes = new Routes();
    const [one, two] = [endpoint('a'), endpoint('a')];
    routes.add(one);
    routes.remove(two);
    routes.add(two);
    routes.remove(one);
    routes.remove(one);
    expect(endpointsOf(routes, 'a')).toEqual([two]);
    expect([...routes.all]).toEqual([two]);
  });
});

describe('the order of a route', () => {
  test('is priority, then specificity, then who came first', async () => {
    const { bus, subscribe } = await testBench({ plugins: [prefixRouter()] });
    subscribe('a*', ignore, { name: 'broad' });
    subscribe('a.b', ignore, { name: 'first' });
    subscribe('a.b', ignore, { name: 'second' });
    subscribe('a.*', ignore, { name: 'narrower' });
    subscribe('a*', ignore, { name: 'urgent', priority: 1 });
    subscribe('a*', ignore, { name: 'late', priority: -1 });
    const order = bus.explain('a.b').endpoints.map(({ name }) => name);
    expect(order).toEqual(['urgent', 'first', 'second', 'narrower', 'broad', 'late']);
  });
});
