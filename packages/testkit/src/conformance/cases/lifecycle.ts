import type { TransportFeatures } from '@bus/wire';
import { expect } from '../../expect.ts';
import type { Case } from '../case.ts';
import type { End } from '../end.ts';
import type { Trial } from '../trial.ts';

export const lifecycle: readonly Case[] = [
  { title: 'lifecycle: the manifest is complete, and the same at both ends', run: manifest },
  { title: 'lifecycle: opens, and has connected by then', run: opens },
  { title: 'lifecycle: close ends what is open, however often it is called', run: closes },
  { title: 'lifecycle: closes before it was opened', run: closesUnopened },
  { title: 'lifecycle: closing while it opens leaves nothing open', run: closesWhileOpening },
  { title: 'lifecycle: does not open with a signal that has aborted', run: abortedBefore },
  { title: 'lifecycle: an abort while it opens leaves nothing open', run: abortedMeanwhile },
  {
    title: 'lifecycle: does not open where nobody listens',
    skip: ({ listens }) => (listens ? undefined : 'role: neither end listens'),
    run: nobodyListens,
  },
];

const flags = ['ordered', 'backpressure', 'reconnect', 'detectsClose', 'transfers'] as const;

async function manifest(trial: Trial): Promise<void> {
  for (const { transport } of [trial.left, trial.right]) {
    const { name, address, role, features } = transport;
    expect(typeof name === 'string' && name !== '', 'name is no text');
    expect(typeof address === 'string', 'address is no text');
    expect(role === 'listen' || role === 'connect', `role is ${String(role)}`);
    expectFeatures(features);
  }
  const left = trial.left.transport.features;
  const right = trial.right.transport.features;
  for (const name of ['framing', ...flags] as const) {
    expect(left[name] === right[name], `feature '${name}' is not the same at both ends`);
  }
}

function expectFeatures(features: TransportFeatures): void {
  const { framing, maxSendBytes } = features;
  expect(framing === 'stream' || framing === 'message', `framing is ${String(framing)}`);
  for (const flag of flags) {
    expect(typeof features[flag] === 'boolean', `feature '${flag}' is neither true nor false`);
  }
  const limit = maxSendBytes === undefined || (Number.isInteger(maxSendBytes) && maxSendBytes > 0);
  expect(limit, `maxSendBytes is ${String(maxSendBytes)}`);
}

async function opens(trial: Trial): Promise<void> {
  const { left, right, sides } = trial;
  // A transport that connects is used from the moment it is open.
  const openAndLook = async (end: End): Promise<void> => {
    await end.open();
    const connected = end.transport.role === 'listen' || end.connections.length === 1;
    expect(connected, 'open resolved before `connected` was called');
  };
  if (sides === undefined) await Promise.all([openAndLook(left), openAndLook(right)]);
  else {
    await openAndLook(sides.listener);
    await openAndLook(sides.connector);
  }
  const ends = await trial.connected(1);
  for (const { connection } of [ends.left, ends.right]) {
    expect(typeof connection.remote === 'string' && connection.remote !== '', 'remote is no text');
    expect(typeof connection.local === 'boolean', 'local is neither true nor false');
  }
}

async function closes(trial: Trial): Promise<void> {
  await trial.open();
  for (const end of [trial.right, trial.left]) {
    await Promise.all([end.close(), end.close()]);
    await end.close();
    await end.isIdle();
  }
}

async function closesUnopened(trial: Trial): Promise<void> {
  await trial.right.close();
  await trial.left.close();
}

async function closesWhileOpening(trial: Trial): Promise<void> {
  const { left, right, sides } = trial;
  if (sides === undefined) {
    await closeWhileOpening(trial, right);
    await left.close();
    return;
  }
  await sides.listener.open();
  await closeWhileOpening(trial, sides.connector);
  await trial.onAnother(async (fresh) => {
    if (fresh.sides === undefined) return;
    const { listener, connector } = fresh.sides;
    await closeWhileOpening(fresh, listener);
    const [settled] = await Promise.allSettled([connector.open()]);
    expect(settled?.status === 'rejected', 'still listens, though it was closed while it opened');
  });
}

async function closeWhileOpening(trial: Trial, end: End): Promise<void> {
  const opening = Promise.allSettled([end.open()]);
  await end.close();
  await trial.patience.of(opening, 'open to settle, once it was closed');
  await trial.patience.turns();
  await end.isIdle();
}

async function abortedBefore(trial: Trial): Promise<void> {
  const { right, sides } = trial;
  if (sides !== undefined) await sides.listener.open();
  const end = sides?.connector ?? right;
  const reason = new Error('aborted before');
  const signal = AbortSignal.abort(reason);
  const [settled] = await Promise.allSettled([end.open(signal)]);
  expect(settled?.status === 'rejected', 'open resolved with a signal that had aborted');
  const thrown = settled?.status === 'rejected' ? settled.reason : undefined;
  expect(thrown === reason, `open rejected with ${String(thrown)}, not with the signal's reason`);
  await trial.patience.turns();
  await end.isIdle();
}

async function abortedMeanwhile(trial: Trial): Promise<void> {
  const { right, sides } = trial;
  if (sides !== undefined) await sides.listener.open();
  const end = sides?.connector ?? right;
  const controller = new AbortController();
  const opening = Promise.allSettled([end.open(controller.signal)]);
  controller.abort(new Error('aborted meanwhile'));
  const [settled] = await trial.patience.of(opening, 'open to settle, once its signal had aborted');
  await trial.patience.turns();
  // It may have been done before it could know.
  if (settled?.status === 'fulfilled') await end.close();
  await end.isIdle();
}

async function nobodyListens(trial: Trial): Promise<void> {
  const connector = trial.sides?.connector ?? trial.right;
  const [settled] = await Promise.allSettled([connector.open()]);
  expect(settled?.status === 'rejected', 'open resolved, though nobody listens');
  expect(connector.connections.length === 0, '`connected` was called, though nobody listens');
}
