import type { BusError, Completion, Endpoint, Message, Outcome, SendOptions } from '@bus/core';
import { busError } from '@bus/core';
import type { ReplyStream } from './api.ts';
import type { Asker, SentRequest } from './held-send.ts';
import { HeldSend } from './held-send.ts';
import { refusalOf } from './options.ts';
import { failureOf } from './reply-error.ts';
import type { RequestContext } from './request-context.ts';
import { rejected, rejectedLater } from './stacks.ts';
import { StallWatch } from './stall-watch.ts';

type Result = IteratorResult<unknown, undefined>;

const end: Result = Object.freeze({ done: true, value: undefined });

interface Item {
  readonly value: unknown;
  /** The handler that streams, and goes on when this is taken. */
  readonly endpoint: Endpoint | undefined;
}

/** Answers a call of `next`. */
type Answer = (result: Result | Promise<Result>) => void;

/** When a request to many has heard enough. */
export interface GatherLimits {
  readonly max: number;
  readonly timeoutMs: number;
  /** Infinity for never. */
  readonly stallMs: number;
  /** What else the caller asked for. */
  readonly options: SendOptions;
}

/**
 * The replies of many handlers as one async iterator. What waits in it is bounded by the handlers:
 * one reply of each, or one item of each that streams, which goes on when that is taken.
 */
export class GatheredReplies implements Completion, Asker, ReplyStream<unknown> {
  readonly #topic: string;
  readonly #limits: GatherLimits;
  readonly #context: RequestContext;
  readonly #stall: StallWatch | undefined;
  readonly #items: Item[] = [];
  readonly #asked: Answer[] = [];
  /** Handlers that stream, with what lets each go on where it waits for that. */
  readonly #streaming = new Map<Endpoint, ((more: boolean) => void) | undefined>();
  /** Endpoints that stand for several, who reply by an item each. */
  readonly #several = new Set<Endpoint>();
  readonly #cancel = new AbortController();
  /** Handlers yet to end; one until it is known how many there are. */
  #open = 1;
  #received = 0;
  #failure: BusError | undefined;
  /** A `send` tap failed. */
  #rejection: { readonly error: unknown } | undefined;
  #isTargeted = false;
  #held: HeldSend | undefined;
  /** The failure means that the replies are not all there are. */
  #cut = false;
  #ended = false;
  /** Called once, when no more replies will come. */
  onEnd: (() => void) | undefined;

  constructor(topic: string, limits: GatherLimits, context: RequestContext) {
    this.#topic = topic;
    this.#limits = limits;
    this.#context = context;
    const { stallMs } = limits;
    if (typeof stallMs === 'number' && stallMs < Number.POSITIVE_INFINITY) {
      this.#stall = new StallWatch(context.env, stallMs, () => this.#end());
    }
    context.requests.began();
  }

  /** Aborts when no more replies are wanted. */
  get signal(): AbortSignal {
    return this.#cancel.signal;
  }

  /** Ends it before it began. */
  refuse(error: BusError): this {
    this.#failure = error;
    this.#open = 0;
    this.#end();
    return this;
  }

  /** The kernel has told it something, and will tell it the rest. */
  get isTold(): boolean {
    return this.#isTargeted || this.#ended;
  }

  /** It was sent and the kernel does not have it: a `send` tap keeps it. */
  hold(request: SentRequest): void {
    this.#held = new HeldSend(this, this.#context, request);
    if (this.#ended) this.#held.stop();
  }

  giveUp(error: BusError): void {
    if (this.#ended) return;
    this.#failure ??= error;
    // What a handler streams is not all there is.
    this.#cut ||= error.code === 'BUS_CANCELLED' || this.#streaming.size > 0;
    this.#end();
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#rejection = { error };
    this.#end();
  }

  /** The asker changed its mind. */
  cancel(reason: unknown): void {
    this.#cancel.abort(reason);
  }

  targeted(count: number, message: Message): void {
    // A `send` tap may pass the request on more than once.
    this.#open = this.#isTargeted ? this.#open + count : count;
    this.#isTargeted = true;
    this.#held?.told(message);
  }

  settled(
    message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void {
    if (this.#ended) return;
    this.#open = endpoint === undefined ? 0 : this.#open - 1;
    const streamed = endpoint !== undefined && this.#streaming.has(endpoint);
    if (outcome !== 'handled' && outcome !== 'forwarded') {
      const broken = streamed && !this.#several.has(endpoint);
      const cut = broken || outcome === 'cancelled' || error?.code === 'BUS_CLOSED';
      if (this.#failure === undefined || (cut && !this.#cut)) {
        const { timeoutMs, options } = this.#limits;
        const isRefused = endpoint === undefined && error !== undefined;
        const why = isRefused ? refusalOf(error, options) : error;
        this.#failure = failureOf(message, endpoint, outcome, why, timeoutMs);
      }
      this.#cut ||= cut;
      if (streamed) this.#go(endpoint, false);
    } else if (!streamed) this.#push({ value, endpoint: undefined });
    if (this.#open === 0) this.#end();
  }

  streams(endpoint: Endpoint, several = false): void {
    this.#streaming.set(endpoint, undefined);
    if (several) this.#several.add(endpoint);
  }

  item(value: unknown, endpoint: Endpoint): boolean | Promise<boolean> {
    if (this.#ended) {
      this.#context.requests.late();
      return false;
    }
    if (this.#push({ value, endpoint })) return !this.#ended;
    if (this.#ended) return false;
    return new Promise((go) => this.#streaming.set(endpoint, go));
  }

  late(_message: Message, endpoint: Endpoint): void {
    // The end of a stream is no reply.
    if (!this.#streaming.has(endpoint)) this.#context.requests.late();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    const item = this.#items.shift();
    if (item !== undefined) {
      if (item.endpoint !== undefined) this.#go(item.endpoint, true);
      return Promise.resolve({ done: false, value: item.value });
    }
    if (this.#ended) {
      const rejection = this.#takeRejection();
      if (rejection !== undefined) return rejection;
      const failure = this.#takeFailure();
      return failure === undefined ? Promise.resolve(end) : rejected(failure, this.next);
    }
    if (this.#asked.length === 0) this.#stall?.begin();
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  return(): Promise<Result> {
    this.#items.length = 0;
    this.#satisfied();
    return Promise.resolve(end);
  }

  async throw(error?: unknown): Promise<Result> {
    await this.return();
    throw error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Whether somebody was waiting for it. */
  #push(item: Item): boolean {
    const asked = this.#asked.shift();
    if (asked === undefined) this.#items.push(item);
    else {
      asked({ done: false, value: item.value });
      if (this.#asked.length > 0) this.#stall?.begin();
      else this.#stall?.pause();
    }
    if (++this.#received >= this.#limits.max) this.#satisfied();
    return asked !== undefined;
  }

  /** Lets a handler that streams go on, or ends it, if it waits for that. */
  #go(endpoint: Endpoint, more: boolean): void {
    const go = this.#streaming.get(endpoint);
    if (go === undefined) return;
    this.#streaming.set(endpoint, undefined);
    go(more);
  }

  /** The asker has all it wants, whatever failed. */
  #satisfied(): void {
    this.#end();
    this.#failure = this.#rejection = undefined;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stall?.stop();
    this.#held?.stop();
    this.#context.requests.ended();
    this.onEnd?.();
    if (this.#open > 0) {
      const topic = this.#topic;
      this.#cancel.abort(busError('BUS_CANCELLED', `enough replies on '${topic}'`, { topic }));
    }
    for (const endpoint of this.#streaming.keys()) this.#go(endpoint, false);
    for (const asked of this.#asked.splice(0)) {
      const rejection = this.#takeRejection();
      const failure = this.#takeFailure();
      if (rejection !== undefined) asked(rejection);
      else asked(failure === undefined ? end : rejectedLater(failure));
    }
  }

  /** What a `send` tap failed with, once, and as it is. */
  #takeRejection(): Promise<never> | undefined {
    const rejection = this.#rejection;
    this.#rejection = undefined;
    return rejection && Promise.reject(rejection.error);
  }

  /** What comes after the last reply: the failure, once, if it matters. */
  #takeFailure(): BusError | undefined {
    const failure = this.#received === 0 || this.#cut ? this.#failure : undefined;
    this.#failure = undefined;
    return failure;
  }
}
