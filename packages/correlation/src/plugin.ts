import type { Capability, CapabilityToken, Host, Plugin, SendExtras } from '@bus/core';
import { type BusError, busError, capability, definePlugin } from '@bus/core';
import type {
  CorrelationApi,
  CorrelationOptions,
  RequestManyOptions,
  RequestOptions,
} from './api.ts';
import type { LateReplies } from './pending.ts';
import { PendingReply } from './pending.ts';
import { ReplyStream } from './reply-stream.ts';

/** `request` and `requestMany` on the bus. */
export interface Correlation extends Capability {
  readonly name: 'correlation';
  readonly api: CorrelationApi<this['contract']>;
}

/** Names the capability that {@link correlation} provides. */
export const Correlation: CapabilityToken<Correlation> = capability<Correlation>('correlation');

/** Adds request and response to the bus. */
export function correlation(options: CorrelationOptions = {}): Plugin<Correlation> {
  return definePlugin({
    name: '@bus/correlation',
    provides: Correlation,
    setup(host) {
      const requests = new Requests(host, options);
      host.hooks.inspect.tap(() => requests.report());
      return {
        request: (topic, payload, sendOptions) => requests.one(topic, payload, sendOptions),
        requestMany: (topic, payload, sendOptions) => requests.many(topic, payload, sendOptions),
      };
    },
  });
}

/** The requests of one bus. */
class Requests {
  readonly #host: Host;
  readonly #options: CorrelationOptions;
  readonly #timeoutMs: number;
  readonly #defaults: RequestOptions;
  readonly #late: LateReplies = { lateReplies: 0 };
  /** Ids given by callers whose requests still wait. */
  readonly #supplied = new Set<string>();
  #pending = 0;

  constructor(host: Host, options: CorrelationOptions) {
    this.#host = host;
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? host.defaultTimeoutMs;
    this.#defaults = { timeoutMs: this.#timeoutMs };
  }

  report(): { readonly pending: number; readonly lateReplies: number } {
    return { pending: this.#pending, ...this.#late };
  }

  one(topic: string, payload: unknown, options?: RequestOptions): Promise<unknown> {
    const timeoutMs = options?.timeoutMs ?? this.#timeoutMs;
    const pending = new PendingReply(topic, timeoutMs, this.#late);
    const id = options?.correlationId;
    if (id !== undefined) {
      const taken = this.#reserve(topic, id);
      if (taken !== undefined) return Promise.reject(taken);
    }
    const { balance } = this.#options;
    const extras: SendExtras = { completion: pending, balance };
    const sent =
      options === undefined
        ? this.#defaults
        : options.timeoutMs === undefined
          ? { ...options, timeoutMs }
          : options;
    this.#host.send('request', topic, payload, sent, extras);
    if (pending.settledYet) {
      if (id !== undefined) this.#supplied.delete(id);
      return pending.promise();
    }
    this.#pending++;
    pending.onSettled = () => {
      this.#pending--;
      if (id !== undefined) this.#supplied.delete(id);
    };
    return pending.promise();
  }

  many(
    topic: string,
    payload: unknown,
    options: RequestManyOptions = {},
  ): AsyncIterableIterator<unknown> {
    const { max = Number.POSITIVE_INFINITY, stallMs, signal, correlationId: id, ...rest } = options;
    const timeoutMs = options.timeoutMs ?? this.#timeoutMs;
    const stream = new ReplyStream(topic, { max, timeoutMs, stallMs }, this.#host.env, this.#late);
    const taken = id === undefined ? undefined : this.#reserve(topic, id);
    if (taken !== undefined) return failed(taken);
    const until = signal == null ? stream.signal : AbortSignal.any([signal, stream.signal]);
    this.#pending++;
    stream.onEnd = () => {
      this.#pending--;
      if (id !== undefined) this.#supplied.delete(id);
    };
    this.#host.send(
      'request',
      topic,
      payload,
      { ...rest, timeoutMs, correlationId: id, signal: until },
      { completion: stream, scatter: true },
    );
    return stream;
  }

  #reserve(topic: string, correlationId: string): BusError | undefined {
    if (this.#supplied.has(correlationId)) {
      return busError(
        'CORRELATION_DUPLICATE_ID',
        `a request on '${topic}' has correlation id '${correlationId}', which still waits for its reply: leave the id out, or wait`,
        { topic, correlationId },
      );
    }
    this.#supplied.add(correlationId);
    return undefined;
  }
}

async function* failed(error: BusError): AsyncGenerator<never, void> {
  yield* [];
  throw error;
}
