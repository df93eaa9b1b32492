import type { Case } from '../case.ts';
import { RecordReader, recordBytes, records } from '../records.ts';
import type { Trial } from '../trial.ts';

const sends = 10_000;

export const order: readonly Case[] = [
  {
    title: 'order: 10,000 sends arrive complete and in order, both ways at once',
    feature: 'ordered',
    run: numbered,
  },
];

async function numbered(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const atLeft = new RecordReader();
  const atRight = new RecordReader();
  left.sink = atLeft.read;
  right.sink = atRight.read;
  await Promise.all([left.sendAll(records(0, sends)), right.sendAll(records(0, sends))]);
  await Promise.all([
    left.gets(sends * recordBytes, atLeft.isWrong),
    right.gets(sends * recordBytes, atRight.isWrong),
  ]);
  await trial.patience.turns();
  atLeft.expectAll(sends);
  atRight.expectAll(sends);
}
