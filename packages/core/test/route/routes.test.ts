import { describe, expect, test } from 'vitest';
import { Endpoint as EndpointClass } from '../../src/endpoint/endpoint.ts';
import type { Endpoint, EndpointPolicy } from '../../src/index.ts';
import { Routes } from '../../src/route/routes.ts';
import { ignore, testBench } from '../support/bench.ts';
import type { CountingMatcher } from '../support/prefix-router.ts';
import { prefixMatcher, prefixRouter } from '../support/prefix-router.ts';

const owner = {
  id: 'hub',
  remove: () => undefined,
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
  addedBy: 'test',
  queue: undefined,
};
let sequence = 0;
function endpoint(pattern: string, matcher?: CountingMatcher): Endpoint {
  const definition = { pattern, kinds: ['event'] as const, handler: () => undefined };
  return new EndpointClass(owner, sequence++, definition, policy, { matcher, specificity: '09' });
}
const endpointsOf = (routes: Routes, topic: string) => routes.of(topic).audience('event').endpoints;
/** The table knows only endpoints that have left by their state. */
function remove(routes: Routes, gone: Endpoint): void {
  if (routes.all.has(gone)) gone.state = 'stopped';
  routes.remove(gone);
}

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

  test('keeps a route while exact topics other than its own come and go', () => {
    const routes = new Routes();
    routes.add(endpoint('a*', prefixMatcher()));
    const kept = routes.of('a.b');
    for (let i = 0; i < 50; i++) {
      const other = endpoint(`x${i}`);
      routes.add(other);
      remove(routes, other);
      expect(routes.cached('a.b')).toBe(kept);
    }
  });

  test('keeps nothing of an endpoint that has left', async () => {
    const routes = new Routes();
    const matcher = prefixMatcher();
    const left = ['a', 'a', 'a', 'a*'].map((pattern) =>
      endpoint(pattern, pattern.endsWith('*') ? matcher : undefined),
    );
    for (const one of left) routes.add(one);
    expect(endpointsOf(routes, 'a')).toHaveLength(4);
    for (const one of left) remove(routes, one);
    expect(endpointsOf(routes, 'a')).toEqual([]);
    expect(routes.cached('a')?.all()).toEqual([]);
  });

  test('takes an endpoint that joins thousands without a new list', () => {
    const routes = new Routes();
    for (let i = 0; i < 1000; i++) routes.add(endpoint('room'));
    const before = endpointsOf(routes, 'room');
    routes.add(endpoint('room'));
    expect(endpointsOf(routes, 'room')).toBe(before);
    expect(before).toHaveLength(1001);
  });

  test('finds a route anew when an endpoint for its topic came or went', () => {
    const routes = new Routes();
    const matcher = prefixMatcher();
    for (const pattern of ['a.b', 'a*']) {
      const size = endpointsOf(routes, 'a.b').length;
      const added = endpoint(pattern, pattern.endsWith('*') ? matcher : undefined);
      routes.add(added);
      expect(routes.cached('a.b')).toBeUndefined();
      expect(endpointsOf(routes, 'a.b')).toHaveLength(size + 1);
      remove(routes, added);
      expect(routes.cached('a.b')).toBeUndefined();
      expect(endpointsOf(routes, 'a.b')).toHaveLength(size);
    }
  });

  test('is bounded under a flood of topics', () => {
    const routes = new Routes();
    const mine = endpoint('mine');
    routes.add(mine);
    for (let i = 0; i < 100_000; i++) {
      routes.of(`flood.${i}`);
      if (i % 2 === 0) expect(endpointsOf(routes, 'mine')).toEqual([mine]);
    }
    expect(routes.size).toBeLessThanOrEqual(4097);
  });

  test('keeps few new topics once they do not repeat, and in the end those that do', () => {
    const routes = new Routes();
    const matcher = prefixMatcher();
    routes.add(endpoint('a*', matcher));
    for (let i = 0; i < 5000; i++) routes.of(`a.flood.${i}`);
    const before = routes.size;
    for (let i = 0; i < 160; i++) routes.of(`a.new.${i}`);
    expect(routes.size).toBe(before + 10);
    const repeating = Array.from({ length: 100 }, (_, i) => `a.repeats.${i}`);
    for (let round = 0; round < 100; round++) for (const topic of repeating) routes.of(topic);
    expect(repeating.every((topic) => routes.cached(topic))).toBe(true);
  });

  test('holds more where a matcher asks for it', () => {
    const routes = new Routes();
    const matcher = { ...prefixMatcher(), cache: 10_000 };
    routes.add(endpoint('a*', matcher));
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 8000; i++) routes.of(`a.${i}`);
    }
    expect(routes.size).toBe(8000);
  });

  test('is not fooled by names of Object.prototype', () => {
    const routes = new Routes();
    for (const topic of ['__proto__', 'constructor', 'hasOwnProperty']) {
      expect(routes.cached(topic)).toBeUndefined();
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
    remove(routes, two);
    routes.add(two);
    remove(routes, one);
    remove(routes, one);
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
