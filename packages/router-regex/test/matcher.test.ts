import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { literalPrefix } from '../src/literal-prefix.ts';
import { RegexMatcher } from '../src/matcher.ts';
import { isRegExp, sourceOf } from '../src/source.ts';
import { isUntrusted, untrusted } from '../src/trust.ts';
import { endpointOf, found } from './support/endpoints.ts';

describe('the literal prefix', () => {
  it.each([
    [/^orders\.eu\.[a-z]+$/, 'orders.eu.'],
    [/^orders\.(eu|us)\./, 'orders.'],
    [/^orders$/, 'orders'],
    [/^orders?\./, 'order'],
    [/^orders+\./, 'orders'],
    [/^ab{2}/, 'a'],
    [/^ab*/, 'a'],
    [/^\$bus\.peer\./, '$bus.peer.'],
    [/^a\u0062/, 'a'],
    [/^a[|]b/, 'a'],
    [/^a😀?b/u, 'a'],
    [/^é\./, 'é.'],
    [/^a|b/, ''],
    [/^a\.[)]|b/, ''],
    [/orders\./, ''],
    [/^orders\./i, ''],
    [/^orders\./m, ''],
    [/(?:)/, ''],
    [new RegExp(`^${'a'.repeat(100)}`), 'a'.repeat(64)],
  ])('of %s is %j', (pattern, prefix) => {
    expect(literalPrefix(sourceOf(pattern))).toBe(prefix);
  });
});

describe('a pattern', () => {
  it('matches anywhere in a topic unless it is anchored', () => {
    const matcher = new RegexMatcher('v8');
    const low = endpointOf(/low$/);
    matcher.add(low);
    expect(found(matcher, 'stock.low')).toEqual([low]);
    expect(found(matcher, 'stock.lower')).toEqual([]);
  });

  it.each(['v8', 'linear'] as const)(
    'with flags g and y keeps no place between topics (%s)',
    (engine) => {
      const matcher = new RegexMatcher(engine);
      const endpoint = endpointOf(/orders\./gy);
      matcher.add(endpoint);
      for (let i = 0; i < 3; i++) expect(found(matcher, 'my.orders.created')).toEqual([endpoint]);
    },
  );

  it('is copied: what its owner does to it later changes nothing', () => {
    const matcher = new RegexMatcher('v8');
    const pattern = /^orders\./g;
    const endpoint = endpointOf(pattern);
    matcher.add(endpoint);
    pattern.lastIndex = 5;
    pattern.compile('^stock\\.');
    expect(found(matcher, 'orders.created')).toEqual([endpoint]);
    matcher.remove(endpoint);
    expect(matcher.inspect().v8).toEqual({ patterns: 0, withoutPrefix: 0 });
  });

  it('may come from another realm', () => {
    const foreign: unknown = runInNewContext('/^orders\\./');
    expect(foreign instanceof RegExp).toBe(false);
    expect(isRegExp(foreign)).toBe(true);
    expect(isRegExp('^orders')).toBe(false);
    const matcher = new RegexMatcher('v8');
    const endpoint = endpointOf(foreign as RegExp);
    matcher.add(endpoint);
    expect(found(matcher, 'orders.created')).toEqual([endpoint]);
  });

  it('is stored once for all who give it, and goes with the last of them', () => {
    const matcher = new RegexMatcher('v8');
    const first = endpointOf(/^a\./);
    const second = endpointOf(/^a\./g);
    matcher.add(first);
    matcher.add(second);
    expect(matcher.inspect().v8.patterns).toBe(1);
    expect(found(matcher, 'a.b')).toEqual([first, second]);
    matcher.remove(first);
    expect(found(matcher, 'a.b')).toEqual([second]);
    matcher.remove(second);
    expect(matcher.inspect().v8.patterns).toBe(0);
  });

  it('is still known after it is gone, so that cached routes can be checked', () => {
    const matcher = new RegexMatcher('v8');
    const endpoint = endpointOf(/^a\./);
    matcher.add(endpoint);
    matcher.remove(endpoint);
    expect(matcher.matches(endpoint, 'a.b')).toBe(true);
    expect(matcher.matches(endpoint, 'b')).toBe(false);
    expect(found(matcher, 'a.b')).toEqual([]);
  });

  it('from a peer, marked, or by option runs in the linear engine; others in V8', () => {
    const matcher = new RegexMatcher('v8');
    matcher.add(endpointOf(/^a\./));
    matcher.add(endpointOf(/^a\./, 'there'));
    matcher.add(endpointOf(untrusted(/^b\./)));
    expect(matcher.inspect()).toMatchObject({ v8: { patterns: 1 }, linear: { patterns: 2 } });
    expect(found(matcher, 'a.b')).toHaveLength(2);
    const linear = new RegexMatcher('linear');
    linear.add(endpointOf(/^a\./));
    expect(linear.inspect()).toMatchObject({ v8: { patterns: 0 }, linear: { patterns: 1 } });
  });

  it('is marked in place, and a frozen one says that it cannot be', () => {
    const pattern = /a/;
    expect(isUntrusted(pattern)).toBe(false);
    expect(untrusted(pattern)).toBe(pattern);
    expect(isUntrusted(pattern)).toBe(true);
    expect(untrusted(pattern)).toBe(pattern);
    expect(() => untrusted(Object.freeze(/a/))).toThrow(TypeError);
  });

  it.each(['v8', 'linear'] as const)(
    'sees system topics only if it names them first (%s)',
    (engine) => {
      const matcher = new RegexMatcher(engine);
      const all = endpointOf(/./);
      const peers = endpointOf(/^\$bus\.peer\.(?:up|down)$/);
      matcher.add(all);
      matcher.add(peers);
      expect(found(matcher, '$bus.peer.up')).toEqual([peers]);
      expect(matcher.matches(all, '$bus.peer.up')).toBe(false);
      expect(found(matcher, 'bus.peer.up')).toEqual([all]);
    },
  );
});

describe('specificity', () => {
  it('sorts after every glob, and longer literal beginnings first', () => {
    const matcher = new RegexMatcher('v8');
    const sorted = [/^orders\.eu\./, /^orders\./, /orders/].map((p) => matcher.specificity(p));
    expect([...sorted].sort()).toEqual(sorted);
    expect(sorted.every((value) => value > '9999')).toBe(true);
    expect(matcher.specificity(/^orders\./)).toBe(matcher.specificity(/^orders\./g));
  });
});

describe('a Unicode category in the linear engine', () => {
  it.each([/^\p{L}+$/u, /^\P{Lu}+$/u, /^[\p{N}.-]+$/u, /^[^\p{Ll}]+$/u])(
    '%s means what it means in V8',
    (pattern) => {
      const matcher = new RegexMatcher('linear');
      const endpoint = endpointOf(pattern);
      matcher.add(endpoint);
      for (const topic of ['abc', 'ÄÖ', 'äö', '12.3', '日本', 'a.b', '😀', '٣']) {
        expect(found(matcher, topic)).toEqual(pattern.test(topic) ? [endpoint] : []);
      }
    },
  );
});

describe('linear sets', () => {
  it('stay right over thousands of patterns in many shards, and after most are gone', () => {
    const matcher = new RegexMatcher('linear');
    const endpoints = Array.from({ length: 1_200 }, (_, i) => {
      const source = [`^s${i % 7}\\.c${i}$`, `^[a-z]\\d\\.c${i}$`, `c${i}$`][i % 3] ?? '';
      return endpointOf(new RegExp(source));
    });
    const expected = (topic: string, from: number) =>
      endpoints.slice(from).filter(({ pattern }) => (pattern as RegExp).test(topic));
    const topics = Array.from({ length: 40 }, (_, i) => `s${(i * 31) % 7}.c${i * 30}`);
    for (const endpoint of endpoints) matcher.add(endpoint);
    for (const topic of topics) {
      expect(new Set(found(matcher, topic))).toEqual(new Set(expected(topic, 0)));
    }
    for (const endpoint of endpoints.slice(0, 1_100)) matcher.remove(endpoint);
    for (const topic of topics) {
      expect(new Set(found(matcher, topic))).toEqual(new Set(expected(topic, 1_100)));
    }
    for (const endpoint of endpoints.slice(1_100)) matcher.remove(endpoint);
    for (const topic of topics) expect(found(matcher, topic)).toEqual([]);
  });

  it('compile what was added between lookups', () => {
    const matcher = new RegexMatcher('linear');
    for (let i = 0; i < 300; i++) {
      const endpoint = endpointOf(new RegExp(`^[a-z]+\\.c${i}$`));
      matcher.add(endpoint);
      expect(found(matcher, `x.c${i}`)).toEqual([endpoint]);
      expect(found(matcher, `x.c${i >> 1}`)).toHaveLength(1);
    }
  });
});
