import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sign } from '../src/breaker.ts';
import { Breaker } from '../src/breaker.ts';
import type { BreakerSettings } from '../src/options.ts';

interface Outcome {
  readonly at: number;
  readonly failed: boolean;
}

/**
 * The same rules written the slow way: it keeps every outcome, and decides by looking at them all.
 */
class SlowBreaker {
  state: 'closed' | 'open' | 'half-open' = 'closed';
  since = Number.NEGATIVE_INFINITY;
  #outcomes: Outcome[] = [];
  #probes: { id: string; at: number }[] = [];
  #passed = 0;
  readonly #settings: BreakerSettings;
  #windowFrom: number;
  /** Where the current half began. */
  #half: number;

  constructor(settings: BreakerSettings, now: number) {
    this.#settings = settings;
    this.#windowFrom = now;
    this.#half = now;
  }

  enter(state: 'closed' | 'open' | 'half-open', now: number): void {
    this.state = state;
    this.since = now;
    this.#outcomes = [];
    this.#windowFrom = now;
    this.#half = now;
    this.#probes = [];
    this.#passed = 0;
  }

  settle(begunAt: number, now: number, failed: boolean): void {
    if (this.state !== 'closed' || begunAt < this.since) return;
    const at = failed ? now : begunAt;
    this.#advance(at);
    // What began in a half that is over counts in the one it ended in.
    this.#outcomes.push({ at: Math.max(at, this.#half), failed });
    if (!failed) return;
    const { failures, minimum, ratio } = this.#settings;
    let streak = 0;
    for (const outcome of this.#outcomes.toReversed()) {
      if (!outcome.failed) break;
      streak++;
    }
    const seen = this.#outcomes.filter((outcome) => outcome.at >= this.#windowFrom);
    const share = seen.filter((outcome) => outcome.failed).length;
    const many = seen.length >= minimum && share >= ratio * seen.length;
    if (streak >= failures || many) this.enter('open', now);
  }

  /** The window is the half that `at` is in and the one before, if outcomes came in that. */
  #advance(at: number): void {
    const halfMs = this.#settings.windowMs / 2;
    if (at < this.#half + halfMs) return;
    const isNext = at < this.#half + 2 * halfMs;
    this.#windowFrom = isNext ? this.#half : at;
    this.#half = isNext ? this.#half + halfMs : at;
  }

  admit(id: string, now: number): boolean {
    const { openMs, probes } = this.#settings;
    if (this.state === 'closed') return false;
    if (this.state === 'open') {
      if (now < this.since + openMs) return false;
      this.enter('half-open', now);
    }
    const waited = this.#probes.filter(({ at }) => now < at + openMs).length;
    if (waited + this.#passed >= probes) return false;
    this.#probes.push({ id, at: now });
    if (this.#probes.length > 2 * probes) this.#probes.shift();
    return true;
  }

  probed(id: string, sign: Sign, now: number): void {
    const probe = this.#probes.find((one) => one.id === id);
    if (this.state !== 'half-open' || probe === undefined) return;
    this.#probes = this.#probes.filter((one) => one !== probe);
    if (sign === 'failure') this.enter('open', now);
    if (sign === 'success' && ++this.#passed >= this.#settings.probes) this.enter('closed', now);
  }
}

const settings = fc.record({
  failures: fc.integer({ min: 1, max: 6 }),
  minimum: fc.integer({ min: 1, max: 12 }),
  ratio: fc.constantFrom(0.25, 0.5, 0.75, 1),
  windowMs: fc.constantFrom(20, 100),
  openMs: fc.constantFrom(5, 30),
  probes: fc.integer({ min: 1, max: 3 }),
});

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(25) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('begin' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.constantFrom<'oldest' | 'newest'>('oldest', 'newest'),
      sign: fc.constantFrom<Sign>('success', 'failure', 'none'),
    }),
  },
);

describe('a breaker', () => {
  it('does what the same rules do that keep every outcome', () => {
    fc.assert(
      fc.property(settings, fc.array(step, { maxLength: 120, size: 'max' }), (given, steps) => {
        const fast = new Breaker(given, 0);
        const slow = new SlowBreaker(given, 0);
        let now = 0;
        let count = 0;
        const begun: { id: string; at: number }[] = [];
        for (const next of steps) {
          if (next.do === 'pass') now += next.ms;
          else if (next.do === 'begin') {
            const id = String(count++);
            const admits = fast.admits(now);
            if (admits) fast.admit(id, now);
            expect(admits).toBe(slow.admit(id, now));
            if (admits || fast.state === 'closed') begun.push({ id, at: now });
          } else {
            const ended = next.which === 'oldest' ? begun.shift() : begun.pop();
            if (ended === undefined) continue;
            if (fast.state === 'half-open') fast.probed(ended.id, next.sign, now);
            else if (next.sign === 'success') fast.succeeded(ended.at);
            else if (next.sign === 'failure' && fast.failed(ended.at, now)) fast.open(now);
            if (slow.state === 'half-open') slow.probed(ended.id, next.sign, now);
            else if (next.sign !== 'none') slow.settle(ended.at, now, next.sign === 'failure');
          }
          expect([fast.state, fast.since]).toEqual([slow.state, slow.since]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never lets more messages try it at once than it may', () => {
    fc.assert(
      fc.property(settings, fc.integer({ min: 1, max: 200 }), (given, callers) => {
        const breaker = new Breaker(given, 0);
        breaker.open(0);
        let admitted = 0;
        for (let i = 0; i < callers; i++) {
          if (!breaker.admits(given.openMs)) continue;
          breaker.admit(String(i), given.openMs);
          admitted++;
        }
        expect(admitted).toBe(Math.min(callers, given.probes));
      }),
    );
  });
});
