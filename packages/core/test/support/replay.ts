import type { RunDetails } from 'fast-check';
import * as fc from 'fast-check';

/**
 * Checks a property with a seed that can be given: a failure says in its first line how to see it
 * again. `SEED=… npx vitest run --project core` replays.
 */
export async function check<T>(property: fc.IAsyncProperty<T>, numRuns: number): Promise<void> {
  const given = Number(process.env.SEED);
  const seed = Number.isInteger(given) && given !== 0 ? given : 20_261_121;
  const details: RunDetails<T> = await fc.check(property, { seed, numRuns });
  if (!details.failed) return;
  const cause = (details as { readonly errorInstance?: unknown }).errorInstance;
  const said = cause instanceof Error ? cause.message : String(cause);
  throw new Error(
    `SEED=${seed} npx vitest run --project core (path ${details.counterexamplePath}, run ${details.numRuns}): ${said}\n${fc.stringify(details.counterexample)}`,
    { cause },
  );
}
