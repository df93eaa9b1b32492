import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects everything that is unreachable. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('this engine exposes no garbage collector');
  // What a WeakRef was made of stays reachable until the current job ends.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
}
