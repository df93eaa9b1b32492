import { join, sampleBytes } from '../../bytes.ts';
import { expect, expectBytes } from '../../expect.ts';
import type { Case, Manifest } from '../case.ts';
import type { Trial } from '../trial.ts';

export const frames: readonly Case[] = [
  { title: 'frames: 1 byte, 64 KiB and 1 MiB arrive as they were sent', run: sizes },
  { title: 'frames: an empty send harms nothing', run: empty },
  { title: 'frames: what was sent is not changed, nor what lies beside it', run: unchanged },
  { title: 'frames: what was received stays as it was', run: kept },
  {
    title: 'frames: one send is one receive',
    skip: ({ features }) => (features.framing === 'message' ? undefined : 'framing: stream'),
    run: boundaries,
  },
  { title: 'frames: takes as much as maxSendBytes', skip: noLimit, run: most },
  { title: 'frames: more than maxSendBytes closes the connection', skip: noLimit, run: tooMuch },
  { title: 'frames: memory given to send moves', feature: 'transfers', run: moves },
];

/** A limit above this is not tried. */
const triedBytes = 64 * 1024 * 1024;

function noLimit({ features }: Manifest): string | undefined {
  const { maxSendBytes } = features;
  if (maxSendBytes === undefined) return 'maxSendBytes: no limit';
  return maxSendBytes > triedBytes ? `maxSendBytes: ${maxSendBytes} is too much to try` : undefined;
}

async function sizes(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const most = trial.features.maxSendBytes ?? Number.POSITIVE_INFINITY;
  const lengths = [1, 1000, 65_536, 1_048_576].filter((length) => length <= most);
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    const sent = lengths.map((length, i) => sampleBytes(length, i + 1));
    const expected = join(sent);
    await from.sendAll(sent);
    await to.gets(expected.length);
    expectBytes(join(to.received), expected, 'what arrived');
  }
}

async function empty(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  left.connection.send(new Uint8Array(0));
  await left.sendAll([sampleBytes(10)]);
  await right.gets(10);
  expectBytes(join(right.received), sampleBytes(10), 'what arrived after an empty send');
}

async function unchanged(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const expected = sampleBytes(4096);
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const) {
    const around = sampleBytes(4096);
    const inside = around.subarray(100, 300);
    const alone = sampleBytes(4096);
    await from.sendAll([inside, alone]);
    await to.gets(200 + expected.length);
    expectBytes(around, expected, 'the memory around what was sent, afterwards');
    // Where it moves it cannot be read any more, which the case for that looks at.
    const moved = trial.features.transfers && alone.length === 0;
    if (!moved) expectBytes(alone, expected, 'what was sent, afterwards');
  }
}

async function kept(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const copies: Uint8Array[] = [];
  const originals: Uint8Array[] = [];
  right.sink = (bytes) => {
    originals.push(bytes);
    copies.push(bytes.slice());
  };
  const sent = Array.from({ length: 50 }, (_, i) => sampleBytes(2000, i + 1));
  for (const bytes of sent) {
    await left.sendAll([bytes]);
    await trial.patience.turns(1);
  }
  await right.gets(50 * 2000);
  expectBytes(join(originals), join(copies), 'what was received, afterwards');
}

async function boundaries(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const lengths = [1, 2, 3, 100, 1, 65_536, 7, 1, 1];
  const sent = lengths.map((length, i) => sampleBytes(length, i + 1));
  await left.sendAll(sent);
  await right.gets(lengths.reduce((sum, length) => sum + length));
  const came = right.received.map((bytes) => bytes.length).filter((length) => length > 0);
  expect(
    came.join() === lengths.join(),
    `sends of ${lengths.join(', ')} bytes arrived as ${came.join(', ')}`,
  );
}

async function most(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const limit = trial.features.maxSendBytes ?? 0;
  await left.sendAll([sampleBytes(limit)]);
  await right.gets(limit);
  expectBytes(join(right.received), sampleBytes(limit), 'what arrived');
}

async function tooMuch(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const limit = trial.features.maxSendBytes ?? 0;
  left.connection.send(sampleBytes(limit + 1));
  await trial.patience.until(
    () => left.isClosed || right.receivedBytes > limit,
    `closed, after ${limit + 1} bytes in one send, which is one too many`,
  );
  expect(right.receivedBytes <= limit, `${limit + 1} bytes arrived, so the limit is not ${limit}`);
}

async function moves(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  const length = Math.min(1_048_576, trial.features.maxSendBytes ?? Number.POSITIVE_INFINITY);
  const bytes = sampleBytes(length);
  await left.sendAll([bytes]);
  expect(bytes.length === 0, 'what was sent can still be read, so it was copied');
  await right.gets(length);
  expectBytes(join(right.received), sampleBytes(length), 'what arrived');
}
