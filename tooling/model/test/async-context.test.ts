import { AsyncLocalStorage } from 'node:async_hooks';
import type { Message } from '@bus/core';
import { createBus, platformEnv } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { quiet } from '@bus/test-support';
import { virtualEnv } from '@bus/virtual-env';
import * as fc from 'fast-check';
import { test } from 'vitest';
import { Fault } from '../src/messages.ts';
import { check, runs } from '../src/replay.ts';

interface Way {
  readonly kind: 'subscribe' | 'handle' | 'loop';
  readonly style: 'native' | 'plain';
  readonly concurrency: number;
  readonly mode: 'all' | 'latest';
  /** Rounds of promises that a call waits for; 0 is a plain call. */
  readonly awaits: number;
  readonly timeoutMs: number;
  /** Sends on, in the context it runs in. */
  readonly sendsOn: boolean;
}

interface Sending {
  /** None: outside of any context. */
  readonly context: string | undefined;
  readonly verb: 'publish' | 'notify' | 'request';
  readonly priority: 'low' | 'normal' | 'high';
  readonly timeoutMs: number | undefined;
  /** Rounds of promises before the next one is sent. */
  readonly pause: number;
}

interface Situation {
  readonly ways: readonly Way[];
  readonly sendings: readonly Sending[];
}

const way: fc.Arbitrary<Way> = fc.record({
  kind: fc.constantFrom('subscribe', 'subscribe', 'handle', 'loop'),
  style: fc.constantFrom('plain', 'native'),
  concurrency: fc.constantFrom(1, 1, 2, 4),
  mode: fc.constantFrom('all', 'all', 'latest'),
  awaits: fc.constantFrom(0, 1, 3, 8),
  timeoutMs: fc.constantFrom(Number.POSITIVE_INFINITY, 30_000, 5),
  sendsOn: fc.constantFrom(false, false, true),
});

const sending: fc.Arbitrary<Sending> = fc.record({
  context: fc.constantFrom('one', 'two', 'three', undefined),
  verb: fc.constantFrom('publish', 'publish', 'notify', 'request'),
  priority: fc.constantFrom('normal', 'normal', 'high', 'low'),
  timeoutMs: fc.constantFrom(undefined, 50),
  pause: fc.constantFrom(0, 0, 1, 3),
});

const rounds = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left--) await undefined;
};

// One for all: each would make every promise slower.
const storage = new AsyncLocalStorage<string>();

/** Who ran in a context that is neither its sender's nor none. */
async function strangers(ways: readonly Way[], sendings: readonly Sending[]): Promise<string[]> {
  const env = { ...virtualEnv(), context: platformEnv().context };
  const bus = createBus({ env, log: quiet }).use(pubsub(), correlation());
  await bus.start();
  const found: string[] = [];
  const look = (where: string, { payload }: Message): void => {
    const own = payload as string | null;
    const current = storage.getStore();
    if (current !== undefined && current !== own)
      found.push(`${where}: ${own}'s ran in ${current}'s`);
  };
  ways.forEach(({ kind, style, awaits, sendsOn, mode, ...options }, at) => {
    const name = `${kind} ${at}`;
    const later = async (message: Message): Promise<void> => {
      for (let left = awaits; left > 0; left--) {
        await undefined;
        look(`${name} after an await`, message);
      }
    };
    const begin = (message: Message): void => {
      look(`${name} at its start`, message);
      if (sendsOn) void bus.publish('on', storage.getStore() ?? null);
    };
    const plain = (message: Message): unknown => {
      begin(message);
      return awaits === 0 ? undefined : later(message);
    };
    const native = async (message: Message): Promise<void> => {
      begin(message);
      await later(message);
    };
    const handler = style === 'native' ? native : plain;
    if (kind === 'handle') bus.handle('a', handler, { ...options, name });
    else if (kind === 'subscribe') bus.subscribe('a', handler, { ...options, mode, name });
    else {
      const loop = bus.subscribe('a', { mode, name });
      // The loop's own context is none, and a message that it gets does not change it.
      void (async () => {
        for await (const message of loop) await later(message);
      })();
    }
  });
  bus.subscribe('on', (message) => look('who hears of what was sent on', message));
  for (const { context, verb, priority, timeoutMs, pause } of sendings) {
    const send = async (): Promise<void> => {
      const answer: Promise<unknown> = bus[verb]('a', context ?? null, { priority, timeoutMs });
      await answer.catch(() => undefined);
      const current = storage.getStore();
      if (current !== context) found.push(`the sender of ${context} went on in ${current}`);
    };
    void (context === undefined ? send() : storage.run(context, send));
    await rounds(pause);
  }
  await env.advance(10);
  const stopped = bus.stop({ drainMs: 100 });
  await env.advance(100);
  await stopped;
  return [...new Set(found)];
}

const situations = fc.record({
  ways: fc.array(way, { minLength: 1, maxLength: 3 }),
  sendings: fc.array(sending, { minLength: 1, maxLength: 8 }),
});

const lines = (list: readonly object[]): string[] => list.map((each) => `  ${fc.stringify(each)}`);

test('a handler runs in the context of its sender, or in none', async () => {
  const holds = async ({ ways, sendings }: Situation): Promise<void> => {
    const found = await strangers(ways, sendings);
    if (found.length > 0) throw new Fault(found.join('\n'));
  };
  await check(situations, holds, {
    file: 'async-context.test',
    runs: Math.ceil(runs / 10),
    text: ({ ways, sendings }) => [...lines(ways), ...lines(sendings)].join('\n'),
  });
});
