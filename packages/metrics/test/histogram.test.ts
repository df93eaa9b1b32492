import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histogram } from '../src/histogram.ts';

const shares = [0, 0.01, 0.5, 0.9, 0.95, 0.99, 1];
/** Milliseconds from 1 µs to 100 s, as many small ones as large ones. */
const duration = fc
  .double({ min: -3, max: 5, noNaN: true })
  .map((exponent) => Math.min(10 ** exponent, 100_000));

function filled(durations: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const ms of durations) histogram.record(ms);
  return histogram;
}

describe('a histogram', () => {
  test('tells quantiles within 5 % of the exact ones', () => {
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 300 }), (durations) => {
        const sorted = durations.toSorted((a, b) => a - b);
        const found = filled(durations).quantiles(shares);
        for (const [at, share] of shares.entries()) {
          const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
          expect(Math.abs((found[at] ?? Number.NaN) / exact - 1)).toBeLessThanOrEqual(0.05);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('tells exactly how many took at most 10 µs, 2.5 ms or 10 s', () => {
    const limits = [10, 100, 500, 1000, 2500, 5000, 50_000, 1_000_000, 10_000_000];
    const atEdges = fc.constantFrom(...limits).map((micros) => micros / 1000);
    const any = fc.array(fc.oneof(duration, atEdges), { maxLength: 200 });
    fc.assert(
      fc.property(any, (durations) => {
        const exact = limits.map((limit) => durations.filter((ms) => ms * 1000 <= limit).length);
        expect(filled(durations).atMost(limits)).toEqual(exact);
      }),
      { numRuns: 500 },
    );
  });

  test('has exact counts, sums and largest values, in seconds', () => {
    expect(filled([1, 2, 500]).summary()).toMatchObject({ count: 3, sum: 0.503, max: 0.5 });
  });

  test('is all zeros before anything is recorded', () => {
    expect(new Histogram().summary()).toEqual({ count: 0, sum: 0, p50: 0, p95: 0, p99: 0, max: 0 });
  });

  test('counts what is shorter than a microsecond, and says that it took at most one', () => {
    const histogram = filled([0, 0.0005, 0.001]);
    expect(histogram.atMost([1, 10])).toEqual([3, 3]);
    expect(histogram.summary()).toMatchObject({ count: 3, p50: 0.000001, max: 0.000001 });
    expect(filled([0]).summary()).toMatchObject({ p99: 0, max: 0 });
  });

  test('counts what is longer than it has buckets for, and knows the longest', () => {
    const histogram = filled([5, 3_600_000]);
    expect(histogram.count).toBe(2);
    expect(histogram.atMost([10_000_000])).toEqual([1]);
    expect(histogram.summary().max).toBe(3600);
  });
});
