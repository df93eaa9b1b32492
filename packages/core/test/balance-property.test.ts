import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Endpoint, EndpointDefinition, Message, MessageKind } from '../src/index.ts';
import type { TestBench } from './support/bench.ts';
import { eventKinds, ignore, imbalance, plugin, testBench } from './support/bench.ts';
import type { Manner, Operation, SendOperation, SubscribeOperation } from './support/operations.ts';
import { operations } from './support/operations.ts';
import { check } from './support/replay.ts';

const handlerKinds: readonly MessageKind[] = ['request', 'notification'];

type SubscribePolicy = Pick<SubscribeOperation, 'concurrency'>;

/** Sent by a handler, so that an endpoint may accept it before the message it answers. */
const echo = -1;

/** Drives one bus through any operations and checks, after each, what must always hold. */
class Model {
  readonly bench: TestBench;
  readonly endpoints: Endpoint[] = [];
  readonly cancels: AbortController[] = [];
  /** By target, the numbers of the messages it started. */
  readonly started = new Map<string, number[]>();
  /** What completions were promised, and what they were told. */
  targeted = 0;
  settled = 0;
  #sent = 0;
  #echoes = 0;

  constructor(bench: TestBench) {
    this.bench = bench;
  }

  apply(operation: Operation): void | Promise<void> {
    if (operation.type === 'subscribe') return this.#subscribe(operation);
    if (operation.type === 'send') return this.#send(operation);
    if (operation.type === 'advance') return this.bench.env.advance(operation.ms);
    const endpoint = this.endpoints[operation.at % Math.max(1, this.endpoints.length)];
    if (operation.type === 'cancel') this.cancels[operation.at % this.cancels.length]?.abort();
    else if (operation.type === 'unsubscribe') endpoint?.stop();
    else if (operation.type === 'drain') void endpoint?.[Symbol.asyncDispose]();
    else endpoint?.[operation.type]();
  }

  #subscribe({ type: _, topic, kind, manners, group, ...policy }: SubscribeOperation): void {
    let call = 0;
    const index = this.endpoints.length;
    const definition: EndpointDefinition = {
      ...policy,
      group: kind === 'subscriber' ? group : undefined,
      pattern: topic,
      kinds: kind === 'subscriber' ? eventKinds : handlerKinds,
      handler: (message) => {
        this.#note(index, policy, message);
        return this.#behave(manners[call++ % manners.length] ?? 'return', message);
      },
    };
    this.endpoints.push(this.bench.host.addEndpoint(definition));
  }

  /** One list per target that handles one message at a time. */
  #note(index: number, { concurrency }: SubscribePolicy, { payload, topic }: Message): void {
    if (payload === echo || concurrency > 1) return;
    const name = `${index} ${topic}`;
    const list = this.started.get(name);
    if (list === undefined) this.started.set(name, [payload as number]);
    else list.push(payload as number);
  }

  #behave(manner: Manner, message: Message): unknown {
    const { env } = this.bench;
    const later = (settle: () => void): void => void env.setTimer(settle, 7);
    if (manner === 'throw') throw new Error('thrown');
    if (manner === 'resolve') return Promise.resolve(1);
    if (manner === 'reject') return Promise.reject(null);
    if (manner === 'later') return new Promise<void>((resolve) => later(resolve));
    if (manner === 'laterFail')
      return new Promise((_, reject) => later(() => reject(message.signal)));
    if (manner === 'hang') return new Promise(ignore);
    if (manner === 'echo' && this.#echoes++ < 20) {
      void this.bench.publish(message.topic, echo, { priority: message.priority });
    }
    return undefined;
  }

  #send({ kind, topic, priority, key, timeoutMs, cancellable, told }: SendOperation): void {
    const cancel = new AbortController();
    if (cancellable) this.cancels.push(cancel);
    const options = { priority, key, timeoutMs, signal: cancellable ? cancel.signal : undefined };
    let targets = 1;
    this.targeted += told ? 1 : 0;
    const completion = {
      targeted: (count: number): void => {
        this.targeted += count - targets;
        targets = count;
      },
      settled: (): void => void this.settled++,
    };
    const extras = told ? { completion } : undefined;
    const { host } = this.bench;
    host.send(kind, topic, ++this.#sent, options, extras).catch(ignore);
  }

  check(): void {
    const { bus } = this.bench;
    expect(imbalance(bus), 'accepted - ended - inFlight').toBe(0);
    for (const { load, running, policy } of this.endpoints) {
      expect(load, 'load').toBeGreaterThanOrEqual(0);
      expect(running, 'running').toBeLessThanOrEqual(policy.concurrency);
      const most = 2 * policy.capacity + policy.concurrency + 1;
      expect(load, 'load within bounds').toBeLessThanOrEqual(most);
    }
    for (const [name, list] of this.started) {
      const ascending = [...list].sort((a, b) => a - b);
      expect(list, `order of acceptance at ${name}`).toEqual(ascending);
    }
  }

  async end(): Promise<void> {
    const { bus, env } = this.bench;
    const stopping = bus.stop({ drainMs: 30 });
    await env.advance(40);
    await stopping;
    this.check();
    expect(bus.inspect().outcomes.inFlight, 'in flight after stop').toBe(0);
    expect(this.settled, 'completions told').toBe(this.targeted);
    // Handlers' own timers go on; the bus's are gone.
    await env.advance(10);
    expect(env.pending, 'timers after stop').toBe(0);
  }
}

/** A dispatch tap that sometimes writes ahead; a deliver and an outcome tap that only watch. */
const taps = plugin('test-taps', ({ hooks, env }) => {
  hooks.dispatch.tap((next) => (message, targets) => {
    if (env.random() < 0.7) return next(message, targets);
    return new Promise<void>((resolve) => void env.setTimer(resolve, 3)).then(() =>
      next(message, targets),
    );
  });
  hooks.deliver.tap((next) => (message, endpoint) => next(message, endpoint));
  hooks.outcome.tap(ignore);
});

test.each([
  ['a bare kernel', []],
  ['taps on every step, and writes ahead', [taps]],
] as const)(
  'after any sequence of operations the sums balance and order holds: %s',
  async (_name, plugins) => {
    const property = fc.asyncProperty(fc.nat(), operations, async (seed, sequence) => {
      const limits = { inFlight: seed % 2 === 0 ? 3 : 1000 };
      const model = new Model(await testBench({ seed: seed + 1, limits, plugins }));
      for (const operation of sequence) {
        await model.apply(operation);
        model.check();
      }
      await model.end();
    });
    await check(property, 300);
  },
  60_000,
);
