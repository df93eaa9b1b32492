import { join, sampleBytes } from '../../bytes.ts';
import { expect, expectBytes } from '../../expect.ts';
import type { Case } from '../case.ts';
import type { RecordedConnection } from '../recorded-connection.ts';
import type { Ends, Trial } from '../trial.ts';

export const connections: readonly Case[] = [
  { title: 'connections: what is sent at once, inside connected, is not lost', run: atOnce },
  { title: 'connections: closed follows close, exactly once', run: closedOnce },
  { title: 'connections: nothing is received after closed', run: nothingAfter },
  {
    title: 'connections: the far end learns of a close',
    feature: 'detectsClose',
    run: farEndLearns,
  },
  {
    title: 'connections: one listener serves many, and each is closed alone',
    skip: ({ listens }) => (listens ? undefined : 'role: neither end listens'),
    run: many,
  },
];

async function atOnce(trial: Trial): Promise<void> {
  for (const end of [trial.left, trial.right]) {
    // In the first turn it may, and before that the transport has to keep it.
    end.onConnected = ({ connection }) => void connection.send(sampleBytes(100));
  }
  const { left, right } = await trial.open();
  for (const end of [left, right]) {
    await end.gets(100);
    expectBytes(join(end.received), sampleBytes(100), 'what was sent inside `connected`');
  }
}

async function closedOnce(trial: Trial): Promise<void> {
  const { left, right } = await trial.open();
  right.connection.close();
  right.connection.close();
  await right.isGone('closed, after close');
  right.connection.close();
  left.connection.close();
  await left.isGone('closed, after close');
  await trial.right.close();
  await trial.left.close();
  await trial.patience.turns();
  for (const end of [left, right]) {
    expect(end.closes === 1, `closed was called ${end.closes} times for one connection`);
  }
}

async function nothingAfter(trial: Trial): Promise<void> {
  const ends = await trial.open();
  const { left, right } = ends;
  for (let i = 0; i < 50; i++) left.connection.send(sampleBytes(10_000));
  await right.gets(1);
  right.connection.close();
  for (let i = 0; i < 50; i++) left.connection.send(sampleBytes(10_000));
  await right.isGone();
  left.connection.close();
  await left.isGone();
  await trial.patience.turns();
  for (const end of [left, right]) {
    expect(end.afterClosed.length === 0, `after closed came ${end.afterClosed.join(', ')}`);
  }
}

async function farEndLearns(trial: Trial): Promise<void> {
  for (const close of [byConnection, byTransport]) {
    await trial.onAnother(async (fresh) => {
      const ends = await fresh.open();
      await close(fresh, ends);
      await ends.right.isGone('closed at the far end, where nothing was sent');
    });
  }
}

async function byConnection(_trial: Trial, { left }: Ends): Promise<void> {
  left.connection.close();
}

async function byTransport(trial: Trial): Promise<void> {
  await trial.left.close();
}

async function many(trial: Trial): Promise<void> {
  const { sides } = trial;
  if (sides === undefined) return;
  const { listener, connector } = sides;
  await trial.open();
  const others = [await trial.another(), await trial.another()];
  for (const other of others) await other.open();
  await listener.connection(3);
  const far = listener.connections;
  const near = [connector, ...others].map((end) => end.connections[0] as RecordedConnection);
  for (const [i, { connection }] of near.entries()) connection.send(sampleBytes(100, i + 1));
  for (const connection of far) await connection.gets(100);
  const came = far.map(({ received }) => String(join(received))).sort();
  const sent = near.map((_, i) => String(sampleBytes(100, i + 1))).sort();
  expect(came.join('|') === sent.join('|'), 'connections of one listener mix up their bytes');
  near[1]?.connection.close();
  await near[1]?.isGone();
  near[2]?.connection.send(sampleBytes(50));
  const third = far.find(({ received }) => String(join(received)) === String(sampleBytes(100, 3)));
  await third?.gets(150);
  expect(!near[0]?.isClosed && !near[2]?.isClosed, 'closing one connection closed another');
}
