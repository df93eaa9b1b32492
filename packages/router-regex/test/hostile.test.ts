import { describe, expect, it } from 'vitest';
import { RegexMatcher } from '../src/matcher.ts';
import { untrusted } from '../src/trust.ts';
import { endpointOf, found, refusalOf } from './support/endpoints.ts';
import { attacks, refused } from './support/hostile-patterns.ts';

/** Generous: the slowest takes a few milliseconds on an idle machine. */
const limitMs = 1_000;

function elapsed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function pumped(pump: string): string {
  return `${pump.repeat(512).slice(0, 511)}!`;
}

describe('a hostile pattern', () => {
  it.each(attacks)('$source from a peer answers in time', ({ source, pump }) => {
    const matcher = new RegexMatcher('v8');
    const ms = elapsed(() => {
      matcher.add(endpointOf(new RegExp(source), 'there'));
      found(matcher, pumped(pump));
      found(matcher, `orders.${pump.repeat(30)}x`);
    });
    expect(ms).toBeLessThan(limitMs);
  });

  it.each(attacks)('$source marked untrusted answers in time', ({ source, pump }) => {
    const matcher = new RegexMatcher('v8');
    matcher.add(endpointOf(untrusted(new RegExp(source))));
    expect(elapsed(() => found(matcher, pumped(pump)))).toBeLessThan(limitMs);
  });

  it('answers in time among all the others, and among others of many peers', () => {
    const matcher = new RegexMatcher('v8');
    for (const peer of ['one', 'two', 'three']) {
      for (const { source } of attacks) matcher.add(endpointOf(new RegExp(source), peer));
    }
    for (const { pump } of attacks) {
      expect(elapsed(() => found(matcher, pumped(pump)))).toBeLessThan(limitMs);
    }
  });

  it.each(refused)('%s is refused before it routes', (pattern, reason) => {
    const matcher = new RegexMatcher('v8');
    expect(refusalOf(() => matcher.add(endpointOf(pattern, 'there')))).toMatch(reason);
    expect(refusalOf(() => matcher.add(endpointOf(untrusted(pattern))))).toMatch(reason);
    expect(matcher.inspect().linear.patterns).toBe(0);
  });

  it('cannot exhaust a topic by using all a peer may have', () => {
    const matcher = new RegexMatcher('v8');
    let accepted = 0;
    const reason = refusalOf(() => {
      for (let i = 0; i < 300; i++) {
        matcher.add(endpointOf(new RegExp(`a.{${40 + (i % 60)}}b${i}`), 'there'));
        accepted++;
      }
    });
    expect(reason).toMatch(/steps/);
    expect(accepted).toBeGreaterThan(50);
    let seed = 1;
    for (let run = 0; run < 4; run++) {
      let topic = '';
      for (let i = 0; i < 512; i++) {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        topic += seed % 65_536 < 32_768 ? 'a' : 'b';
      }
      expect(elapsed(() => found(matcher, topic))).toBeLessThan(limitMs);
    }
  });
});

describe('the quota of a peer', () => {
  it('is 256 patterns, and each removed one makes room', () => {
    const matcher = new RegexMatcher('v8');
    const endpoints = Array.from({ length: 256 }, (_, i) =>
      endpointOf(new RegExp(`^orders\\.c${i}$`), 'there'),
    );
    for (const endpoint of endpoints) matcher.add(endpoint);
    const late = endpointOf(/^late$/, 'there');
    expect(refusalOf(() => matcher.add(late))).toMatch(/one more than the 256 peer 'there'/);
    expect(found(matcher, 'late')).toEqual([]);
    expect(matcher.matches(late, 'late')).toBe(false);
    const [first] = endpoints;
    if (first) matcher.remove(first);
    if (first) matcher.remove(first);
    matcher.add(late);
    expect(found(matcher, 'late')).toEqual([late]);
    expect(refusalOf(() => matcher.add(endpointOf(/^later$/, 'there')))).toMatch(/256/);
  });

  it('is its own: another peer and this program have none of it', () => {
    const matcher = new RegexMatcher('linear');
    for (let i = 0; i < 256; i++) matcher.add(endpointOf(new RegExp(`^a${i}$`), 'there'));
    const other = endpointOf(/^x$/, 'elsewhere');
    const own = endpointOf(/^x$/);
    matcher.add(other);
    matcher.add(own);
    expect(found(matcher, 'x')).toEqual([other, own]);
  });
});
