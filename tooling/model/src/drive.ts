import type { Balance, Bus, BusOptions, Message, Subscription } from '@bus/core';
import { createBus } from '@bus/core';
import type { Correlation } from '@bus/correlation';
import { correlation } from '@bus/correlation';
import type { PubSub } from '@bus/pubsub';
import { pubsub } from '@bus/pubsub';
import type { GlobRouter } from '@bus/router-glob';
import { routerGlob } from '@bus/router-glob';
import { quiet } from '@bus/test-support';
import { virtualEnv } from '@bus/virtual-env';
import { Comparison } from './compare.ts';
import { Handlers } from './handlers.ts';
import { Model } from './model.ts';
import type { ModelReader } from './model-reader.ts';
import type { Program, Reader, Step } from './program.ts';
import { Senders } from './senders.ts';
import { chosenOf } from './targets.ts';

type AnyContract = Record<string, { readonly payload: unknown; readonly reply: unknown }>;
export type ModelledBus = Bus<AnyContract, PubSub | Correlation | GlobRouter>;

const choose: Balance = (equals, { payload }) => chosenOf(equals, Number(payload));
const byParity = ({ payload }: Message): string => (Number(payload) % 2 === 1 ? 'odd' : 'even');

/** What a filter returns need not be a boolean, as long as it is truthy where it wants a message. */
const filters = {
  odd: ({ payload }: Message): boolean => /[13579]$/.exec(String(payload)) as unknown as boolean,
  throws: ({ payload }: Message): boolean => {
    if (Number(payload) % 3 === 0) throw new Error('cannot tell');
    return true;
  },
};

/** Runs a program on a bus and on the model, and compares them after each step. @throws Fault */
export async function drive(program: Program): Promise<void> {
  const run = new Run(program);
  await run.bus.start();
  for (const reader of program.readers) run.add(reader);
  for (const step of program.steps) await run.step(step);
  await run.end(program.end);
}

class Run {
  readonly bus: ModelledBus;
  readonly #env = virtualEnv({ seed: 1 });
  readonly #model: Model;
  readonly #comparison: Comparison;
  readonly #senders: Senders;
  readonly #handlers: Handlers;
  readonly #subscriptions: Subscription[] = [];
  readonly #balance: Balance;

  constructor(program: Program) {
    const env = this.#env;
    const limits: BusOptions['limits'] = { inFlight: program.inFlight };
    const balance = program.balance === 'chosen' ? choose : 'round-robin';
    this.#balance = balance;
    this.bus = createBus<AnyContract>({ id: 'hub', env, log: quiet, limits }).use(
      routerGlob(),
      pubsub(),
      correlation({ balance }),
    );
    this.#model = new Model(program);
    this.#comparison = new Comparison(this.bus, this.#model);
    this.#senders = new Senders(this.bus, env, this.#model, this.#comparison);
    this.#handlers = new Handlers(env, program.mood, this.#model, this.#senders, this.#comparison);
  }

  add(asked: Reader): void {
    const at = this.#subscriptions.length;
    // No two limits are over at one moment, where what comes first would decide.
    const apart = asked.timeoutMs === 0 ? 0 : (at + 1) / 64;
    const spec = { ...asked, timeoutMs: asked.timeoutMs + apart };
    const reader = this.#model.add(spec);
    const { pattern, kind, filter, priority, capacity, concurrency, overflow, timeoutMs } = spec;
    const { name } = reader;
    const options = { name, priority, capacity, concurrency, overflow, timeoutMs };
    const stop = (): void => this.#subscriptions[at]?.stop();
    if (kind === 'handle') {
      const handler = this.#handlers.handlerOf(reader, stop);
      this.#subscriptions.push(this.bus.handle(pattern, handler, options));
      return;
    }
    const more = {
      ...options,
      group: spec.group,
      once: spec.once,
      balance: this.#balance,
      filter: filter && filters[filter],
      key: spec.byParity ? byParity : undefined,
    };
    this.#subscriptions.push(
      kind === 'loop'
        ? this.bus.subscribe(pattern, more)
        : this.bus.subscribe(pattern, this.#handlers.handlerOf(reader, stop), more),
    );
  }

  async step(step: Step): Promise<void> {
    this.#perform(step);
    if (step.do === 'wait') await this.#env.advance(step.ms);
    await this.#settle();
  }

  #perform(step: Step): void {
    if (step.do === 'add') this.add(step.reader);
    else if (step.do === 'send') this.#senders.burst(step.send);
    else if (step.do === 'finish') this.#handlers.finish(step.at, step.how);
    else if (step.do === 'abort') this.#senders.abort(step.at);
    else if (step.do !== 'wait') this.#onReader(step.do, step.at);
  }

  #onReader(what: 'ask' | 'stop' | 'dispose', at: number): void {
    const { readers } = this.#model;
    const chosen = what === 'ask' ? readers.filter(({ spec }) => spec.kind === 'loop') : readers;
    const reader = chosen[at % chosen.length];
    const subscription = reader && this.#subscriptions[readers.indexOf(reader)];
    if (reader === undefined || subscription === undefined) return;
    if (what === 'ask') this.#ask(reader, subscription as unknown as AsyncIterator<Message>);
    else if (what === 'stop' || reader.spec.kind === 'loop') {
      // Nobody reads on after a loop, so it has nothing to drain.
      this.#model.stopReader(reader);
      subscription.stop();
    } else this.#comparison.disposed(reader, subscription[Symbol.asyncDispose]());
  }

  #ask(reader: ModelReader, stream: AsyncIterator<Message>): void {
    if (reader.state === 'active') reader.asked++;
    void stream.next().then(({ done, value }) => {
      if (done === true) return;
      const { payload, missed } = value as Message;
      this.#comparison.judge(() =>
        this.#model.started(reader, Number(payload), missed, this.#env.now()),
      );
    });
  }

  async #settle(): Promise<void> {
    let starts: number;
    do {
      starts = this.#model.starts;
      await this.#env.settle();
      this.#model.settled(this.#env.now());
    } while (this.#handlers.finishDue() || this.#model.starts > starts);
    this.#comparison.check();
  }

  /** Stops the bus, and whatever hangs with it. */
  async end({ drainMs, steps }: Program['end']): Promise<void> {
    this.#model.stop(this.#env.now(), drainMs);
    let stopped = false;
    void this.bus.stop({ drainMs }).then(() => {
      stopped = true;
    });
    await this.#settle();
    for (const step of steps) await this.step(step);
    for (let left = 100; this.#model.state !== 'stopped' && left > 0; left--) {
      const { readers } = this.#model;
      const loop = readers.findIndex(({ spec, load }) => spec.kind === 'loop' && load > 0);
      if (drainMs < 1000) await this.#env.advance(drainMs);
      else if (this.#handlers.isHolding) this.#handlers.finish(0, 'return');
      else if (loop >= 0)
        this.#ask(readers[loop] as ModelReader, this.#subscriptions[loop] as never);
      else await this.#env.advance(20_000);
      await this.#settle();
    }
    this.#comparison.ended(stopped, this.#env.pending);
  }
}
