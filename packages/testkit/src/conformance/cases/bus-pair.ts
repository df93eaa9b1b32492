import type { Completion, Message } from '@bus/core';
import { BusError, busError } from '@bus/core';
import { sampleBytes } from '../../bytes.ts';
import { expect } from '../../expect.ts';
import type { BusPair, PairedBus } from '../bus-pair.ts';
import { hostOf, Inbox, knows, withBusPair } from '../bus-pair.ts';
import type { Case } from '../case.ts';
import type { Trial } from '../trial.ts';

const composed: readonly Case[] = [
  {
    title: 'bus pair: what is published at one end is heard at the other, and only what is wanted',
    run: (trial) => withBusPair(trial, (pair) => bothWays(pair, hears, trial)),
  },
  {
    title: 'bus pair: a request is answered from the other end',
    run: (trial) => withBusPair(trial, (pair) => bothWays(pair, answers, trial)),
  },
  {
    title: 'bus pair: the error a handler throws reaches who asked',
    run: (trial) => withBusPair(trial, (pair) => bothWays(pair, transfersError, trial)),
  },
  {
    title: 'bus pair: cancelling a request tells the handler',
    run: (trial) => withBusPair(trial, (pair) => bothWays(pair, cancels, trial)),
  },
  {
    title: 'bus pair: events are acknowledged when their handlers have ended, and not before',
    run: (trial) => withBusPair(trial, (pair) => bothWays(pair, acknowledges, trial)),
  },
  {
    title: 'bus pair: 10,000 events arrive complete and in order, both ways at once',
    patience: 2,
    run: (trial) => withBusPair(trial, (pair) => ordered(pair, trial)),
  },
];

/** What a transport is for. The wire refuses one that keeps no order. */
export const busPair: readonly Case[] = composed.map((kase) => ({
  ...kase,
  skip: ({ features }) => (features.ordered ? undefined : 'ordered: not declared'),
}));

type Try = (from: PairedBus, to: PairedBus, trial: Trial) => Promise<void>;

async function bothWays({ left, right }: BusPair, attempt: Try, trial: Trial): Promise<void> {
  await attempt(left, right, trial);
  await attempt(right, left, trial);
}

async function hears(from: PairedBus, to: PairedBus, trial: Trial): Promise<void> {
  const heard = new Inbox<Message>(trial);
  const wanted = `${to.id}.heard.*`;
  to.subscribe(wanted, (message) => heard.add(message));
  await knows(trial, from, wanted);
  const payload = { text: 'grüße 👋', list: [1, -2, 3.5, null, true], bytes: sampleBytes(300) };
  const accepted = await from.publish(`${to.id}.heard.one`, payload);
  expect(accepted === 1, `publish counted ${accepted} subscribers, not 1`);
  const unwanted = await from.publish(`${to.id}.unheard`, payload);
  expect(unwanted === 0, `${unwanted} took what nobody wants`);
  await from.publish(`${to.id}.heard.two`, 2);
  await heard.has(2, 'events at the far end');
  const [one, two] = heard.items;
  expect(one?.topic === `${to.id}.heard.one`, `the first event came as ${one?.topic}`);
  const came = shown(one?.payload);
  expect(came === shown(payload), `arrived as ${came}, sent as ${shown(payload)}`);
  expect(two?.payload === 2, 'events came in another order');
}

/** As text that is the same for the same value, whatever class its bytes are of. */
function shown(payload: unknown): string {
  const { bytes, ...others } = payload as { readonly bytes: Uint8Array };
  return JSON.stringify([others, Array.from(bytes)]);
}

async function answers(from: PairedBus, to: PairedBus, trial: Trial): Promise<void> {
  const topic = `${to.id}.square`;
  to.handle(topic, ({ payload }) => (payload as number) ** 2);
  await knows(trial, from, topic);
  const asked = Array.from({ length: 100 }, (_, i) => from.request(topic, i));
  const replies = await trial.patience.of(Promise.all(asked), '100 replies');
  const wrong = replies.findIndex((reply, i) => reply !== i ** 2);
  expect(wrong < 0, `request ${wrong} was answered ${String(replies[wrong])}`);
}

async function transfersError(from: PairedBus, to: PairedBus, trial: Trial): Promise<void> {
  const topic = `${to.id}.fails`;
  to.handle(topic, () => {
    throw busError('BUS_OPTION_INVALID', 'out of tea', { option: 'tea', value: 0 });
  });
  await knows(trial, from, topic);
  const [settled] = await trial.patience.of(
    Promise.allSettled([from.request(topic, undefined)]),
    'a request whose handler throws to be settled',
  );
  const error: unknown = settled?.status === 'rejected' ? settled.reason : undefined;
  if (!BusError.is(error)) throw new Error(`the request came to ${String(error)}`);
  const { code, message, details } = error;
  expect(code === 'BUS_OPTION_INVALID', `its code is ${code}`);
  expect(message.includes('out of tea'), `its message is '${message}'`);
  expect(
    JSON.stringify(details) === '{"option":"tea","value":0}',
    `its details are ${JSON.stringify(details)}`,
  );
}

async function cancels(from: PairedBus, to: PairedBus, trial: Trial): Promise<void> {
  const topic = `${to.id}.slow`;
  const seen = new Inbox<string>(trial);
  to.handle(topic, (message) => {
    seen.add('began');
    return new Promise((resolve) => {
      message.signal.addEventListener('abort', () => {
        seen.add('cancelled');
        resolve(undefined);
      });
    });
  });
  await knows(trial, from, topic);
  const controller = new AbortController();
  const asked = Promise.allSettled([from.request(topic, undefined, { signal: controller.signal })]);
  await seen.has(1, 'handler to begin');
  controller.abort();
  const [settled] = await trial.patience.of(asked, 'a cancelled request to be settled');
  const error: unknown = settled?.status === 'rejected' ? settled.reason : undefined;
  expect(
    BusError.is(error) && error.code === 'BUS_CANCELLED',
    `the cancelled request came to ${String(error)}`,
  );
  await seen.has(2, 'signals: the handler is to be told');
}

async function acknowledges(from: PairedBus, to: PairedBus, trial: Trial): Promise<void> {
  const pattern = `${to.id}.acknowledged`;
  const running: (() => void)[] = [];
  const began = new Inbox<unknown>(trial);
  const ended = new Inbox<string>(trial);
  hostOf(to).addEndpoint({
    pattern,
    kinds: ['event'],
    acknowledges: true,
    concurrency: 100,
    handler: ({ payload }) => {
      began.add(payload);
      return new Promise<void>((resolve) => running.push(resolve));
    },
  });
  await knows(trial, from, pattern);
  const completion: Completion = {
    settled: (_message, _endpoint, outcome, value) => ended.add(`${outcome} ${String(value)}`),
  };
  for (let i = 0; i < 100; i++) {
    await hostOf(from).send('event', pattern, i, undefined, { completion });
  }
  await began.has(100, 'events at the far end');
  expect(ended.items.length === 0, `${ended.items.length} were acknowledged before they had ended`);
  for (const end of running) end();
  await ended.has(100, 'acknowledgements');
  const wrong = ended.items.find((item) => item !== 'forwarded 1');
  expect(wrong === undefined, `one of them ended as '${wrong}', not as 'forwarded 1'`);
}

const events = 10_000;

async function ordered({ left, right }: BusPair, trial: Trial): Promise<void> {
  await Promise.all([stream(left, right, trial), stream(right, left, trial)]);
}

async function stream(from: PairedBus, to: PairedBus, trial: Trial): Promise<void> {
  const topic = `${to.id}.stream`;
  let next = 0;
  let fault: string | undefined;
  to.subscribe(topic, ({ payload }) => {
    if (payload !== next) fault ??= `event ${String(payload)} came where ${next} was due`;
    next++;
    trial.patience.changed();
  });
  await knows(trial, from, topic);
  for (let i = 0; i < events; i++) await from.publish(topic, i);
  await trial.patience.until(() => next >= events, `${events} events at the far end`);
  if (fault !== undefined) throw new Error(fault);
}
