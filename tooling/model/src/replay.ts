import * as fc from 'fast-check';
import { expect } from 'vitest';
import { Fault } from './messages.ts';

const { MODEL_SEED = '20261129', MODEL_PATH, MODEL_RUNS = '2000' } = process.env;

/** How many programs a test tries; nightly runs try more. */
export const runs: number = Number(MODEL_RUNS);

/** What a failure looks like, and how to see it again. */
export interface Telling<T> {
  /** The test file, as far as it names it. */
  readonly file: string;
  readonly runs: number;
  text(value: T): string;
}

/** Checks a property; a failure says in a few lines what was done, what is wrong, and how to see it again. */
export async function check<T>(
  values: fc.Arbitrary<T>,
  holds: (value: T) => Promise<void>,
  { file, runs: numRuns, text }: Telling<T>,
): Promise<void> {
  const { stackTraceLimit } = Error;
  // Errors are part of these programs, and their stacks much of the time.
  Error.stackTraceLimit = MODEL_PATH === undefined ? 0 : stackTraceLimit;
  const seed = Number(MODEL_SEED);
  const path = MODEL_PATH === undefined ? {} : { path: MODEL_PATH, endOnFailure: true };
  const details = await fc.check(fc.asyncProperty(values, holds), { seed, numRuns, ...path });
  Error.stackTraceLimit = stackTraceLimit;
  const { counterexample, counterexamplePath } = details;
  if (counterexample === null) return;
  const cause = (details as { readonly errorInstance?: unknown }).errorInstance;
  const said = cause instanceof Fault ? cause.message : String((cause as Error)?.stack ?? cause);
  const again = `MODEL_SEED=${seed} MODEL_PATH=${counterexamplePath} pnpm exec vitest run --project model ${file}`;
  expect.fail(`${said}\n${text(counterexample[0])}\n  again: ${again}`);
}
