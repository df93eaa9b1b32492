import { beforeAll, expect, test } from 'vitest';
import type { Run } from '../src/simulate.ts';
import { simulate } from '../src/simulate.ts';

const { SEED, SEEDS = '300', FROM = '1' } = process.env;
const seeds =
  SEED === undefined
    ? Array.from({ length: Number(SEEDS) }, (_, at) => Number(FROM) + at)
    : [Number(SEED)];

const print = (line: string): void => {
  if (SEED !== undefined) process.stdout.write(`${line}\n`);
};

/** The command that shows everything that happened, then what was wrong with it. */
function failureOf({ seed, shape, weather, problems }: Run): string {
  const replay = `SEED=${seed} pnpm exec vitest run --project simulation`;
  return [replay, `seed ${seed}, ${shape}, ${weather}:`, ...problems].join('\n');
}

beforeAll(() => {
  const { stackTraceLimit } = Error;
  // Errors are part of these runs, and their stacks a tenth of the time.
  if (SEED === undefined) Error.stackTraceLimit = 0;
  return () => {
    Error.stackTraceLimit = stackTraceLimit;
  };
});

/**
 * Seeds that show what reliable delivery does not hold yet. A hub takes long to stop and is down for longer
 * than its subscribers are waited for: what is first sent after that counts them no more, and leaves no
 * letter (38). Delivery on one log with named consumers replaces this.
 */
const known = new Set([38]);

test(`${seeds.length} seeds of several buses over faulty links keep every promise`, async () => {
  const failures: string[] = [];
  const total = { sent: 0, delivered: 0, asked: 0, effects: 0 };
  const began = performance.now();
  for (const seed of seeds) {
    const run = await simulate(seed, print);
    total.sent += run.sent;
    total.delivered += run.delivered;
    total.asked += run.asked;
    total.effects += run.effects;
    if (run.problems.length > 0 && !known.has(seed)) failures.push(failureOf(run));
    if (failures.length >= 10) break;
  }
  const perSecond = Math.round((1000 * seeds.length) / (performance.now() - began));
  print(`${perSecond} seeds/s, ${JSON.stringify(total)}`);
  expect(total.delivered).toBeGreaterThan(0);
  if (seeds.length > 10) expect(total.effects).toBeGreaterThan(0);
  expect(failures.join('\n\n')).toBe('');
});

test('a seed gives the same run twice', async () => {
  for (const seed of seeds.slice(0, 10)) {
    const first = await simulate(seed);
    const second = await simulate(seed);
    expect(second.hash).toBe(first.hash);
  }
});
