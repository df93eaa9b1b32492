import type { Env } from '@bus/core';
import { platformEnv } from '@bus/core';
import type { Case } from './case.ts';
import type { ConformanceOptions } from './fixture.ts';
import { watchRejections } from './platform.ts';
import type { OnFreshLink } from './trial.ts';
import { Trial } from './trial.ts';

/** A clock that stands still unless it is moved on. */
interface MovableClock extends Env {
  advance(ms: number): Promise<void>;
}

/**
 * Runs one case on a fresh link.
 * @throws what is wrong with the transport.
 */
export async function runCase(
  kase: Case,
  create: ConformanceOptions['create'],
  timeoutMs: number,
): Promise<void> {
  const onFresh: OnFreshLink = async (use) => {
    const trial = new Trial(await create(), timeoutMs, onFresh);
    try {
      await clocked(trial, Promise.race([use(trial), trial.patience.over]));
    } finally {
      await clocked(trial, trial.dispose());
    }
  };
  const rejections = watchRejections();
  try {
    await onFresh((trial) => kase.run(trial));
  } finally {
    // Rejections are told of once the loop has turned.
    await new Promise<void>((resolve) => platformEnv().setTurn(resolve));
    rejections.end();
  }
  const [first] = rejections.seen;
  if (rejections.seen.length === 0) return;
  throw new Error(`a rejection nobody handled: ${String(first)}`, { cause: first });
}

/** Awaits work, moving the clock on meanwhile where the link runs in simulation. */
async function clocked<T>(trial: Trial, work: Promise<T>): Promise<T> {
  const { env } = trial.fixture;
  if (env === undefined || !('advance' in env)) return work;
  const clock = env as MovableClock;
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  work.then(settle, settle);
  while (!settled) {
    await trial.elsewhere;
    await clock.advance(1);
  }
  return work;
}
