import { expect } from '../../expect.ts';
import type { Case } from '../case.ts';
import { RecordReader, record, records } from '../records.ts';
import type { Trial } from '../trial.ts';

export const backpressure: readonly Case[] = [
  {
    title: 'backpressure: send returns false when much is waiting, and writable follows',
    feature: 'backpressure',
    run: asksAndFollows,
  },
  {
    title: 'backpressure: no pause is asked for where none is declared',
    skip: ({ features }) => (features.backpressure ? 'backpressure: declared' : undefined),
    run: neverAsks,
  },
  {
    title: 'backpressure: what is sent in spite of false arrives',
    run: inSpite,
  },
  {
    title: 'backpressure: what is under way stays bounded while pauses are kept',
    skip: ({ features }) => (features.backpressure ? undefined : 'backpressure: not declared'),
    run: bounded,
  },
];

const chunkBytes = 65_536;
/** By then a transport must have asked for a pause. */
const mostWaiting = 16 * 1024 * 1024;

function chunkOf(trial: Trial): number {
  return Math.min(chunkBytes, trial.features.maxSendBytes ?? chunkBytes) & ~3;
}

async function asksAndFollows(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const length = chunkOf(trial);
  const reader = new RecordReader(0, length);
  right.sink = reader.read;
  let sent = 0;
  for (let round = 0; round < 3; round++) {
    const { writables } = left;
    const begin = sent;
    while (left.connection.send(record(sent++, length))) {
      const waiting = (sent - begin) * length;
      expect(waiting < mostWaiting, `${waiting} bytes taken in one turn, and no pause asked for`);
    }
    await trial.patience.until(
      () => left.writables > writables,
      'writable after a send that returned false',
    );
  }
  await right.gets(sent * length, reader.isWrong);
  reader.expectAll(sent);
}

/** Whoever got false would wait for a `writable` that never comes. */
async function neverAsks(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const length = chunkOf(trial);
  const enough = Math.ceil((4 * 1024 * 1024) / length);
  for (const piece of records(0, enough, length)) {
    expect(left.connection.send(piece), 'send returned false, though backpressure is not declared');
  }
  await right.gets(enough * length);
}

async function inSpite(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const length = chunkOf(trial);
  const reader = new RecordReader(0, length);
  right.sink = reader.read;
  const enough = Math.ceil((4 * 1024 * 1024) / length);
  for (let number = 0; number < enough; number++) left.connection.send(record(number, length));
  await right.gets(enough * length, reader.isWrong);
  reader.expectAll(enough);
}

async function bounded(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const length = chunkOf(trial);
  const count = Math.ceil((4 * mostWaiting) / length);
  let sent = 0;
  let most = 0;
  const counting = function* (): Generator<Uint8Array> {
    for (const piece of records(0, count, length)) {
      most = Math.max(most, sent - right.receivedBytes);
      sent += length;
      yield piece;
    }
  };
  const reader = new RecordReader(0, length);
  right.sink = reader.read;
  await left.sendAll(counting());
  await right.gets(sent, reader.isWrong);
  reader.expectAll(count);
  // Far ends may have buffers of their own; one that is not held back has nearly all of it.
  expect(most < 3 * mostWaiting, `${most} bytes were under way at once`);
}
