import type { Message, SendOptions } from '@bus/core';
import type { VirtualEnv } from '@bus/virtual-env';
import type { Comparison } from './compare.ts';
import type { ModelledBus } from './drive.ts';
import type { Sent } from './messages.ts';
import type { Model } from './model.ts';
import type { Send } from './program.ts';

/** Sends made by handlers, over a whole program: they answer each other. */
const mostAnswers = 30;

/** Sends on the bus, and says so to the model. */
export class Senders {
  readonly #bus: ModelledBus;
  readonly #env: VirtualEnv;
  readonly #model: Model;
  readonly #comparison: Comparison;
  readonly #aborts: { readonly sent: Sent; readonly controller: AbortController }[] = [];
  readonly #publishers = new Map<string, (payload: unknown) => Promise<number>>();
  /** Calls of the bus on the stack: within one, a fan-out is under way. */
  #depth = 0;
  #answers = 0;

  constructor(bus: ModelledBus, env: VirtualEnv, model: Model, comparison: Comparison) {
    this.#bus = bus;
    this.#env = env;
    this.#model = model;
    this.#comparison = comparison;
  }

  /** From outside of any handler: who is idle has been called when the call returns. */
  burst(send: Send): void {
    for (let left = send.times; left > 0; left--) {
      this.#send(send, undefined);
      this.#comparison.judge(() => this.#comparison.checkIdle(false));
    }
  }

  /** A handler sends: its requests get no more time than it has itself. */
  answer(send: Send, cause: Message): void {
    if (this.#answers++ >= mostAnswers || this.#model.state !== 'running') return;
    this.#send(send, send.verb === 'request' ? cause : undefined);
  }

  /** A handler asks another, and waits; undefined when there have been too many of them. */
  ask(topic: string, parent: Message): Promise<unknown> | undefined {
    if (this.#answers++ >= mostAnswers) return undefined;
    const plain = { key: undefined, priority: 'normal', signal: 'none', times: 1 } as const;
    return this.#send({ ...plain, verb: 'request', topic, timeoutMs: 50 }, parent);
  }

  abort(at: number): void {
    const { sent, controller } = this.#aborts[at % this.#aborts.length] ?? {};
    if (sent === undefined) return;
    this.#model.abort(sent);
    controller?.abort(new Error('no more'));
  }

  #send(send: Send, parent: Message | undefined): Promise<unknown> {
    const { verb, topic, key, priority } = send;
    const direct = verb === 'publisher';
    const timeoutMs = direct ? undefined : this.#timeLimit(send);
    const signal = direct || timeoutMs === 0 ? 'none' : send.signal;
    const now = this.#env.now();
    const own = now + (timeoutMs ?? Number.POSITIVE_INFINITY);
    const deadline = Math.min(own, parent?.deadline ?? own);
    const nested = parent !== undefined;
    const kind = direct ? 'publish' : verb;
    const message = { verb: kind, topic, key, priority, deadline, nested };
    const late = verb === 'request' ? 'CORRELATION_TIMEOUT' : 'BUS_EXPIRED';
    const refusal =
      timeoutMs === 0
        ? ({ ending: 'expired', code: late } as const)
        : signal === 'aborted'
          ? ({ ending: 'cancelled', code: 'BUS_CANCELLED' } as const)
          : undefined;
    const sent = this.#model.send(message, refusal);
    const controller = signal === 'none' ? undefined : new AbortController();
    if (signal === 'aborted') controller?.abort();
    if (controller !== undefined && signal === 'given') this.#aborts.push({ sent, controller });
    const options: SendOptions = { key, priority, timeoutMs, signal: controller?.signal, parent };
    this.#depth++;
    const answer = this.#call(send, sent.id, options);
    this.#depth--;
    if (this.#depth === 0) this.#model.deliver();
    this.#comparison.answers(sent, answer);
    return answer;
  }

  #call({ verb, topic, key, priority }: Send, id: number, options: SendOptions): Promise<unknown> {
    if (verb !== 'publisher') return this.#bus[verb](topic, id, options);
    const name = `${topic} ${key} ${priority}`;
    let publisher = this.#publishers.get(name);
    if (publisher === undefined) {
      publisher = this.#bus.publisher(topic, { key, priority });
      this.#publishers.set(name, publisher);
    }
    return publisher(id);
  }

  /** No two end at one moment, where what comes first would decide. */
  #timeLimit({ verb, timeoutMs }: Send): number | undefined {
    const limit = timeoutMs ?? (verb === 'request' ? 60_000 : undefined);
    if (limit === undefined || limit === 0 || limit === Number.POSITIVE_INFINITY) return limit;
    return limit + (2 * this.#model.sent.length + 1) / 4096;
  }
}
