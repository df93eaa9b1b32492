import { expect } from '../../expect.ts';
import type { Case } from '../case.ts';
import { activeResources } from '../platform.ts';
import type { Trial } from '../trial.ts';

export const resources: readonly Case[] = [
  { title: 'resources: no timer is left after close', run: timers },
  {
    title: 'resources: opened and closed 50 times, nothing is left open',
    run: handles,
  },
];

const rounds = 50;

async function timers(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  left.connection.send(new Uint8Array(1000));
  await right.gets(1000);
  await trial.right.close();
  await trial.left.close();
  await trial.patience.turns();
  const { timers } = trial.env;
  // The case's own time is one.
  expect(timers === 1, `${timers - 1} timers are left after close`);
}

async function handles(trial: Trial): Promise<void> {
  await once(trial);
  const before = activeResources();
  for (let round = 0; round < rounds; round++) await once(trial);
  // What closes does so some turns later.
  for (let i = 0; i < 100 && grown(before).length > 0; i++) await trial.patience.turns(1);
  const left = grown(before);
  expect(left.length === 0, `left open after ${rounds} rounds: ${left.join(', ')}`);
}

function once(trial: Trial): Promise<void> {
  return trial.onAnother(async (fresh) => {
    await fresh.open();
    await fresh.right.close();
    await fresh.left.close();
  });
}

/** What there is more of, by half the rounds at least: other things come and go in a process. */
function grown(before: ReadonlyMap<string, number>): string[] {
  return [...activeResources()]
    .filter(([type, count]) => count - (before.get(type) ?? 0) >= rounds / 2)
    .map(([type, count]) => `${count - (before.get(type) ?? 0)} more of ${type}`);
}
