import { backpressureMutants } from './backpressure.ts';
import { connectionMutants } from './connections.ts';
import { flushMutants } from './flush-and-failure.ts';
import { frameMutants } from './frames.ts';
import { lifecycleMutants } from './lifecycle.ts';
import type { Mutant } from './mutant.ts';
import { sessionMutants } from './reconnect-and-resources.ts';

export const mutants: readonly Mutant[] = [
  ...frameMutants,
  ...lifecycleMutants,
  ...connectionMutants,
  ...backpressureMutants,
  ...flushMutants,
  ...sessionMutants,
];
