import type { Message } from '@bus/core';
import { deferred } from '@bus/test-support';
import type { VirtualEnv } from '@bus/virtual-env';
import type { Comparison } from './compare.ts';
import type { Delivery } from './messages.ts';
import type { Model } from './model.ts';
import type { ModelReader } from './model-reader.ts';
import type { Manner, Mood } from './program.ts';
import type { Senders } from './senders.ts';

type Handler = (message: Message) => unknown;
type How = 'return' | 'throw';

interface Held {
  readonly delivery: Delivery;
  /** How it ends as soon as nothing else is under way; undefined when a step says. */
  readonly due: How | undefined;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The handlers of a program, native and plain, and what they hold back. */
export class Handlers {
  readonly #env: VirtualEnv;
  readonly #mood: Mood;
  readonly #model: Model;
  readonly #senders: Senders;
  readonly #comparison: Comparison;
  readonly #held: Held[] = [];
  readonly #calls = new Map<ModelReader, number>();

  constructor(env: VirtualEnv, mood: Mood, model: Model, senders: Senders, comparison: Comparison) {
    this.#env = env;
    this.#mood = mood;
    this.#model = model;
    this.#senders = senders;
    this.#comparison = comparison;
  }

  /** @param stop - stops the handler's own subscription. */
  handlerOf(reader: ModelReader, stop: () => void): Handler {
    const run: Handler = (message) => this.#run(reader, message, stop);
    return reader.spec.style === 'native' ? async (message) => run(message) : run;
  }

  #run(reader: ModelReader, message: Message, stop: () => void): unknown {
    const { payload, missed } = message;
    const start = (): Delivery =>
      this.#model.started(reader, Number(payload), missed, this.#env.now());
    const delivery = this.#comparison.judge(start);
    if (delivery === undefined) return undefined;
    this.#comparison.watch(delivery, message);
    const { manners } = reader.spec;
    const call = this.#calls.get(reader) ?? 0;
    this.#calls.set(reader, call + 1);
    const manner = manners[call % manners.length] as Manner;
    reader.onStack = true;
    try {
      return this.#behave(delivery, message, manner, stop);
    } finally {
      reader.onStack = false;
    }
  }

  #behave(delivery: Delivery, message: Message, manner: Manner, stop: () => void): unknown {
    const { reader } = delivery;
    for (const send of manner.sends) this.#senders.answer(send, message);
    if (manner.stops) {
      this.#model.stopReader(reader);
      stop();
    }
    delivery.asked = manner.asks !== undefined;
    const reply = manner.asks && this.#senders.ask(manner.asks, message);
    const fails = manner.does === 'throw' || manner.does === 'reject';
    const how = fails ? 'throw' : 'return';
    if (reply) {
      delivery.isAsync = true;
      reader.knownAsync = true;
      const done = (): string => this.#done(delivery, how);
      return reply.then(done, done);
    }
    const atOnce = manner.does === 'return' || manner.does === 'throw';
    if (atOnce && reader.spec.style === 'plain') {
      this.#model.finished(delivery, fails ? 'failed' : 'handled');
      return result(delivery, how);
    }
    delivery.isAsync = true;
    reader.knownAsync = true;
    // Where handlers send, no two promises may settle at once.
    const waits = this.#mood === 'chatty' || reader.spec.timeoutMs === 0;
    if (manner.does === 'hold') return this.#hold(delivery, undefined);
    return waits ? this.#hold(delivery, how) : this.#promise(delivery, how);
  }

  #promise(delivery: Delivery, how: How): unknown {
    if (delivery.reader.spec.style === 'native') return this.#done(delivery, how);
    return new Promise((resolve) => resolve(this.#done(delivery, how)));
  }

  #done(delivery: Delivery, how: How): string {
    this.#model.finishes(delivery, how === 'throw' ? 'failed' : 'handled', this.#env.now());
    return result(delivery, how);
  }

  #hold(delivery: Delivery, due: How | undefined): Promise<unknown> {
    const { promise, resolve, reject } = deferred();
    this.#held.push({ delivery, due, resolve, reject });
    return promise;
  }

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /** A held call ends. */
  finish(at: number, how: How): void {
    const held = this.#held[at % this.#held.length];
    if (held !== undefined) this.#settle(held, how);
  }

  /** Ends the first of those that only wait for all promises to be settled. */
  finishDue(): boolean {
    const held = this.#held.find(({ due }) => due !== undefined);
    if (held?.due === undefined) return false;
    this.#settle(held, held.due);
    return true;
  }

  #settle(held: Held, how: How): void {
    const { delivery, resolve, reject } = held;
    this.#held.splice(this.#held.indexOf(held), 1);
    this.#comparison.checkSignal(delivery);
    this.#model.finished(delivery, how === 'throw' ? 'failed' : 'handled');
    if (how === 'throw') reject(failure());
    else resolve(result(delivery, how));
  }
}

function failure(): Error {
  return Object.assign(new Error('as the program says'), { code: 'E_MODEL' });
}

/** @throws what a program's handler throws */
function result({ sent, reader }: Delivery, how: How): string {
  if (how === 'throw') throw failure();
  return `${sent.id} by ${reader.name}`;
}
