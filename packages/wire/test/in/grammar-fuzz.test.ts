import { Script } from 'node:vm';
import { definePlugin } from '@bus/core';
import { never } from '@bus/test-support';
import { describe, expect, it } from 'vitest';
import type { LinkReport } from '../../src/link/report.ts';
import type { LinkOptions } from '../../src/plugin/options.ts';
import { Grammar } from '../support/grammar.ts';
import { empty, interest, json, type } from '../support/raw-bytes.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import type { Listening } from '../support/test-bus.ts';
import { listening } from '../support/test-bus.ts';

const seeds = process.env.SEED === undefined ? Number(process.env.SEEDS ?? 200) : 1;
const first = Number(process.env.SEED ?? 1);
/** Seeds of one test: few enough for its time limit where the machine has much else to do. */
const together = 20;
const starts = Array.from({ length: Math.ceil(seeds / together) }, (_, i) => first + i * together);
/** What a peer brings in one read, 64 KiB at the most, must be dealt with in far less. */
const mostMs = 1000;

const limits = { interests: 12, pendingRequests: 3, unacknowledged: 4, windowMessages: 64 };
const access: LinkOptions = {
  limits,
  authenticate: ({ busId }) => busId,
  authorize: (principal, action, topic) =>
    principal !== 'eve' || action !== 'send' || !topic.startsWith('closed.'),
};

const running = globalThis as { underWatch?: (() => void) | undefined };
const script = new Script('globalThis.underWatch()');

/** Runs what must not run on: a loop without end is broken off, and throws. */
function watched(run: () => void): void {
  running.underWatch = run;
  try {
    script.runInThisContext({ timeout: mostMs });
  } finally {
    running.underWatch = undefined;
  }
}

interface Scene extends Listening {
  readonly witness: RawPeer;
  /** What of `eve` has come as far as the kernel, and may not. */
  readonly forbidden: string[];
}

/** A bus with something of everything that a peer can reach, and a peer that does nothing wrong. */
async function scene(): Promise<Scene> {
  const forbidden: string[] = [];
  const guard = definePlugin({
    name: 'sees-all',
    setup({ hooks }) {
      hooks.outcome.tap(({ topic, source }) => {
        if (source === 'eve' && topic.startsWith('closed.')) forbidden.push(topic);
      });
      return undefined;
    },
  });
  const made = await listening(access, { plugins: [guard] });
  const { bus, host, linked, env } = made;
  bus.subscribe('open.*', () => undefined);
  bus.subscribe('**', () => never(), { capacity: 2, overflow: 'drop-oldest' });
  bus.subscribe(
    'closed.*',
    ({ source, topic }) => void (source === 'eve' && forbidden.push(topic)),
  );
  for (const pattern of ['open.a', 'closed.a', 'open.b']) {
    const handler = pattern === 'open.b' ? never : (): void => undefined;
    host.addEndpoint({
      kinds: ['event', 'notification'],
      acknowledges: true,
      pattern,
      handler,
      capacity: 3,
    });
  }
  bus.handle('ask', ({ payload }) => new Promise((go) => env.setTimer(() => go(payload), 100)));
  bus.handle('slow', never);
  bus.handle('stream', async function* () {
    for (let i = 0; ; i++) yield i;
  });
  const witness = await linked('witness');
  witness.say(json(type.offer, [interest(1, 'news')]));
  await env.settle();
  return { ...made, witness, forbidden };
}

/** What the bus does meanwhile, of which the peer may have its part. */
function busy({ bus, host }: Scene, grammar: Grammar): void {
  const quietly = (promise: Promise<unknown>): void => void promise.catch(() => undefined);
  const completion = { settled: (): void => undefined };
  const acts = [
    () => quietly(bus.publish('p.x', 1)),
    () => quietly(host.send('event', 'p.x', 1, undefined, { completion })),
    () => quietly(bus.request('q.x', 1, { timeoutMs: 50 })),
    () => quietly(bus.requestMany('q.x', 1, { timeoutMs: 50 }).next()),
    () => bus.subscribe(`more.${grammar.below(50)}`, () => undefined),
  ];
  for (let i = 0; i < 4; i++) grammar.oneOf(acts)();
}

async function play(seed: number): Promise<{ closed: boolean; steps: number }> {
  const grammar = new Grammar(seed);
  const made = await scene();
  const { bus, env, witness, warnings, errors, forbidden } = made;
  const eve = made.dial();
  eve.greet({ busId: 'eve', instance: 'eve', idPrefix: 'eve-', ...grammar.hello() });
  await env.settle();
  eve.say(json(type.offer, []));
  let steps = 0;
  for (; steps < 40 && !eve.closed; steps++) {
    const said = grammar.next(eve);
    watched(() => eve.say(said));
    if (grammar.chance(0.5)) busy(made, grammar);
    await env.settle();
    if (grammar.chance(0.1)) await env.advance(20);
    const links = bus.inspect().links as readonly LinkReport[];
    const link = links.find(({ peer }) => peer === 'eve');
    if (link !== undefined) {
      expect(link.interests.theirs).toBeLessThanOrEqual(limits.interests);
      expect(link.requests.answering).toBeLessThanOrEqual(limits.pendingRequests);
      expect(link.unacknowledged.received).toBeLessThanOrEqual(limits.unacknowledged);
    }
  }
  if (eve.closed && eve.byeCode !== undefined) {
    expect(eve.byeCode).toMatch(/^WIRE_(PROTOCOL_ERROR|LIMIT_EXCEEDED)$/);
  }
  if (!eve.closed) eve.events?.closed();
  expect(forbidden).toEqual([]);
  expect(errors.filter(({ message }) => message.includes("'eve' says")).length).toBeLessThan(100);
  expect(warnings.length).toBeLessThan(30);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must be nowhere
  expect(warnings.join('')).not.toMatch(/[\u0000-\u001f]/);
  // Whoever else is linked has lost nothing.
  const before = witness.of(type.messages).length;
  await bus.publish('news', seed);
  witness.say(empty(type.ping));
  await env.settle();
  expect(witness.closed).toBe(false);
  expect(witness.of(type.messages)).toHaveLength(before + 1);
  expect(witness.of(type.pong)).toHaveLength(1);
  return { closed: eve.closed, steps };
}

describe('whatever a peer says in the words of the protocol, it costs and reaches no more than it may', () => {
  let closed = 0;
  let steps = 0;

  it.each(starts)('from seed %i on', async (start) => {
    for (let seed = start; seed < Math.min(start + together, first + seeds); seed++) {
      try {
        const played = await play(seed);
        steps += played.steps;
        if (played.closed) closed++;
      } catch (error) {
        const replay = `SEED=${seed} npx vitest run --project wire grammar-fuzz`;
        const { message } = error as Error;
        throw new Error(`seed ${seed}: ${message}\nreplay: ${replay}`, { cause: error });
      }
    }
  });

  it.runIf(seeds > together)('with links that live long enough to get somewhere', () => {
    expect([closed > seeds / 10, steps > 6 * seeds]).toEqual([true, true]);
  });
});
