import { describe, test } from 'vitest';
import type { Fixture } from '../src/index.ts';
import {
  faultyTransport,
  memoryTransport,
  transportConformance,
  virtualEnv,
} from '../src/index.ts';

const runner = {
  test: (title: string, run: () => Promise<void>): void => test(title, run, 20_000),
  skip: (title: string, reason: string): void => test.skip(`${title} (${reason})`, () => undefined),
};
const dispose = (): void => undefined;

describe.each(['stream', 'message'] as const)('memory, framing %s', async (framing) => {
  await transportConformance({
    name: 'in real time',
    runner,
    create: () => ({ ...memoryTransport({ framing, maxSendBytes: 2 ** 20 }), dispose }),
  });
  let seed = 0;
  await transportConformance({
    name: 'in simulation',
    runner,
    create: () => ({ ...memoryTransport({ framing }), env: virtualEnv({ seed: ++seed }), dispose }),
  });
});

/** Faults that break no promise: the suite has to pass with them. */
function harmlesslyFaulty(seed: number): Fixture {
  const { left, right, another, sever, heal } = memoryTransport();
  const faults = { delayMs: [0, 3], split: 0.3, coalesce: 0.3, only: 'out' } as const;
  return {
    left: faultyTransport(left, faults),
    right: faultyTransport(right, faults),
    another: () => faultyTransport(another(), faults),
    sever,
    heal,
    env: virtualEnv({ seed }),
    dispose,
  };
}

describe('memory with delays, cut and joined', async () => {
  let seed = 0;
  await transportConformance({
    name: 'in simulation',
    runner,
    create: () => harmlesslyFaulty(++seed),
  });
});
