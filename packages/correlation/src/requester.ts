import type { BusError, Host } from '@bus/core';
import { onAbort } from '@bus/core';
import type {
  CorrelationOptions,
  CorrelationReport,
  ReplyStream,
  RequestManyOptions,
  RequestOptions,
} from './api.ts';
import { GatheredReplies } from './gathered-replies.ts';
import { checkGiven, checkLimits, checkWait } from './options.ts';
import { PendingReply } from './pending-reply.ts';
import { PendingRequests } from './pending-requests.ts';
import type { RequestContext } from './request-context.ts';

/** Sends the requests of one bus. */
export class Requester {
  readonly #host: Host;
  readonly #context: RequestContext;
  readonly #requests = new PendingRequests();
  readonly #timeoutMs: number;
  /** What a request without options is sent with; the kernel knows its own default. */
  readonly #defaults: RequestOptions | undefined;

  constructor(host: Host, { timeoutMs, balance }: CorrelationOptions) {
    this.#host = host;
    this.#context = {
      env: host.env,
      requests: this.#requests,
      held: new Set(),
      balance,
      cancel: (message, reason) => host.cancel(message, reason),
    };
    this.#timeoutMs = timeoutMs ?? host.defaultTimeoutMs;
    this.#defaults = timeoutMs === undefined ? undefined : { timeoutMs };
  }

  report(): CorrelationReport {
    return this.#requests.report();
  }

  /** The bus stops: ends the requests that the kernel has not got. */
  close(): void {
    for (const held of this.#context.held) held.close();
  }

  one(topic: string, payload: unknown, options?: RequestOptions): Promise<unknown> {
    const id = options?.correlationId ?? undefined;
    try {
      if (options !== undefined) checkGiven(options);
      if (id !== undefined) this.#requests.reserve(topic, id);
    } catch (fault) {
      return Promise.reject(fault);
    }
    const timeoutMs = options?.timeoutMs ?? this.#timeoutMs;
    const pending = new PendingReply(this.#context, timeoutMs, id);
    try {
      const asked = this.#sendOptions(options);
      const sent = this.#host.send('request', topic, payload, asked, pending);
      if (!pending.isTold) pending.hold({ topic, timeoutMs, signal: options?.signal, sent });
    } catch (error) {
      pending.fail(error);
    }
    return pending.reply(this.one);
  }

  many(topic: string, payload: unknown, options: RequestManyOptions = {}): ReplyStream<unknown> {
    const never = Number.POSITIVE_INFINITY;
    const { max = never, stallMs = never, ...sendOptions } = options ?? {};
    const { signal } = sendOptions;
    const timeoutMs = sendOptions.timeoutMs ?? this.#timeoutMs;
    const id = sendOptions.correlationId ?? undefined;
    const limits = { max, timeoutMs, stallMs, options: sendOptions };
    const replies = new GatheredReplies(topic, limits, this.#context);
    try {
      checkGiven(options);
      checkLimits(max, stallMs);
      checkWait(timeoutMs, signal);
      if (id !== undefined) this.#requests.reserve(topic, id);
    } catch (fault) {
      return replies.refuse(fault as BusError);
    }
    const release = signal && onAbort(signal, () => replies.cancel(signal.reason));
    replies.onEnd = () => {
      release?.();
      if (id !== undefined) this.#requests.release(id);
    };
    if (signal?.aborted) replies.cancel(signal.reason);
    const own = { ...sendOptions, timeoutMs, signal: replies.signal };
    try {
      const extras = { completion: replies, scatter: true };
      const sent = this.#host.send('request', topic, payload, own, extras);
      if (!replies.isTold) replies.hold({ topic, timeoutMs, signal: replies.signal, sent });
    } catch (error) {
      replies.fail(error);
    }
    return replies;
  }

  #sendOptions(options: RequestOptions | undefined): RequestOptions | undefined {
    if (options === undefined) return this.#defaults;
    if (this.#defaults === undefined || options.timeoutMs != null) return options;
    return { ...options, timeoutMs: this.#timeoutMs };
  }
}
