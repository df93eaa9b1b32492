import type { Case } from '../case.ts';
import { RecordReader, recordBytes, records } from '../records.ts';
import type { Ends, Trial } from '../trial.ts';

export const reconnect: readonly Case[] = [
  {
    title:
      'reconnect: opens again after the connection was lost, in order and without the old bytes',
    feature: 'reconnect',
    run: opensAgain,
  },
];

const sessions = 3;
const sends = 500;

async function opensAgain(trial: Trial): Promise<void> {
  let ends = await trial.open();
  for (let session = 1; ; session++) {
    await talk(ends, session);
    if (session === sessions) break;
    // Still under way when it is cut: must not turn up in the next session.
    for (const bytes of records(0, 100)) ends.left.connection.send(bytes);
    await trial.cut(ends);
    await ends.right.isGone('closed, after the link was cut');
    await trial.heal();
    await reopen(trial);
    ends = await trial.connected(session + 1);
  }
}

async function reopen(trial: Trial): Promise<void> {
  const { left, right, sides } = trial;
  if (sides === undefined) {
    await Promise.all([left.open(), right.open()]);
    return;
  }
  const { listener, connector } = sides;
  if (listener.failures.splice(0).length > 0) await listener.open();
  await connector.open();
}

async function talk({ left, right }: Ends, session: number): Promise<void> {
  const from = session * sends;
  const atLeft = new RecordReader(from);
  const atRight = new RecordReader(from);
  left.sink = atLeft.read;
  right.sink = atRight.read;
  const sent = [left, right].map((end) => end.sendAll(records(from, from + sends)));
  await Promise.all(sent);
  await Promise.all([
    left.gets(sends * recordBytes, atLeft.isWrong),
    right.gets(sends * recordBytes, atRight.isWrong),
  ]);
  atLeft.expectAll(from + sends);
  atRight.expectAll(from + sends);
}
