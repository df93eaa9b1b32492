import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { drive } from '../src/drive.ts';
import { Fault } from '../src/messages.ts';
import { programs } from '../src/programs.ts';
import { pseudoCode } from '../src/pseudo-code.ts';

const { MODEL_SEED = '20261129', MODEL_PATH, MODEL_RUNS = '2000' } = process.env;

test(`${MODEL_RUNS} programs end on a bus as they do in the model`, async () => {
  const { stackTraceLimit } = Error;
  // Errors are part of these programs, and their stacks much of the time.
  Error.stackTraceLimit = 0;
  const seed = Number(MODEL_SEED);
  const property = fc.asyncProperty(programs, drive);
  const details = await fc.check(property, {
    seed,
    numRuns: Number(MODEL_RUNS),
    ...(MODEL_PATH === undefined ? {} : { path: MODEL_PATH, endOnFailure: true }),
  });
  Error.stackTraceLimit = stackTraceLimit;
  const { counterexample, counterexamplePath } = details;
  if (counterexample === null) return;
  const cause = (details as { readonly errorInstance?: unknown }).errorInstance;
  const said = cause instanceof Fault ? cause.message : String((cause as Error)?.stack ?? cause);
  const replay = `MODEL_SEED=${seed} MODEL_PATH=${counterexamplePath} pnpm exec vitest run --project model`;
  expect.fail(`${said}\n${pseudoCode(counterexample[0])}\nagain: ${replay}`);
});
