import { join, sampleBytes } from '../../bytes.ts';
import { expect, expectBytes } from '../../expect.ts';
import type { Case } from '../case.ts';
import type { Trial } from '../trial.ts';

export const flush: readonly Case[] = [
  { title: 'flush: what was sent before it survives a close after it', run: survives },
  { title: 'flush: resolves where nothing waits', run: idle },
  { title: 'flush: settles on a connection that is gone', run: gone },
  { title: 'flush: settles when the connection is lost meanwhile', run: meanwhile },
];

async function survives(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const most = trial.features.maxSendBytes ?? 65_536;
  const sent = Array.from({ length: 64 }, (_, i) => sampleBytes(Math.min(65_536, most), i + 1));
  const expected = join(sent);
  for (const bytes of sent) left.connection.send(bytes);
  await trial.patience.of(left.connection.flush(), 'flush');
  left.connection.close();
  await right.gets(expected.length);
  expectBytes(join(right.received), expected, 'what was flushed');
}

async function idle(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  await trial.patience.of(left.connection.flush(), 'flush of nothing');
  left.connection.send(sampleBytes(10));
  await right.gets(10);
  await trial.patience.of(left.connection.flush(), 'flush of what has long left');
}

async function gone(trial: Trial): Promise<void> {
  const { left } = await trial.open();
  left.connection.send(sampleBytes(1000));
  left.connection.close();
  await left.isGone();
  await trial.patience.of(Promise.allSettled([left.connection.flush()]), 'flush after closed');
}

async function meanwhile(trial: Trial): Promise<void> {
  const ends = await trial.open();
  const { connection } = ends.right;
  const most = trial.features.maxSendBytes ?? 65_536;
  for (let i = 0; i < 64; i++) connection.send(sampleBytes(Math.min(65_536, most)));
  const flushing = Promise.allSettled([connection.flush()]);
  await trial.cut(ends);
  const [settled] = await trial.patience.of(flushing, 'flush, where the connection was cut');
  expect(settled !== undefined, 'flush did not settle');
}
