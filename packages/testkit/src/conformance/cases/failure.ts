import { sampleBytes } from '../../bytes.ts';
import type { Case } from '../case.ts';
import type { Trial } from '../trial.ts';

export const failure: readonly Case[] = [
  {
    title: 'failure: a cut in the middle of sends is told as closed',
    feature: 'detectsClose',
    run: cutMeanwhile,
  },
  { title: 'failure: send after closed does not throw', run: sendAfterClosed },
];

async function cutMeanwhile(trial: Trial): Promise<void> {
  const ends = await trial.open();
  const { left, right } = ends;
  for (let i = 0; i < 100; i++) {
    left.connection.send(sampleBytes(10_000));
    right.connection.send(sampleBytes(10_000));
  }
  await trial.cut(ends);
  for (let i = 0; i < 10; i++) right.connection.send(sampleBytes(10_000));
  await right.isGone('closed, after the link was cut');
  await left.isGone('closed, after the link was cut');
}

async function sendAfterClosed(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  for (const end of [right, left]) {
    end.connection.close();
    end.connection.send(sampleBytes(10));
    await end.isGone();
    end.connection.send(sampleBytes(10));
    end.connection.send(sampleBytes(100_000));
  }
  await trial.patience.turns();
}
