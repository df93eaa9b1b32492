import type { Env } from '@bus/core';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../src/link/backoff.ts';

const options = { baseMs: 50, factor: 2, maxMs: 10_000 };
const drawing = (random: number): Env => ({ random: () => random }) as unknown as Env;

describe('the wait before connecting again', () => {
  it('is anywhere below a bound that doubles up to maxMs', () => {
    const bounds = [0, 1, 2, 7, 8, 100, 5000].map((failures) =>
      backoffMs(failures, options, drawing(1)),
    );
    expect(bounds).toEqual([50, 100, 200, 6400, 10_000, 10_000, 10_000]);
    expect(backoffMs(3, options, drawing(0))).toBe(0);
    expect(backoffMs(3, options, drawing(0.25))).toBe(100);
  });
});
