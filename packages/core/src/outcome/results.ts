import type { Endpoint } from '../endpoint/endpoint.ts';
import type { Env } from '../env.ts';
import { type BusError, handlerFailed } from '../errors.ts';
import type { BusMessage } from '../message/message.ts';

interface Thenable {
  readonly then?: unknown;
}

/**
 * Whether a value has to be waited for: an object with a method `then`, a promise or another's. A value
 * that throws when it is looked at, as a proxy may, is not.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    const isObject = typeof value === 'object' || typeof value === 'function';
    return isObject && typeof (value as Thenable | null)?.then === 'function';
  } catch {
    return false;
  }
}

type Items = AsyncIterable<unknown> | Iterable<unknown>;

/** Whether a handler's result is a stream of replies, as a generator makes, async or not. */
export function isStream(value: unknown): value is Items {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return Symbol.asyncIterator in value || (Symbol.iterator in value && 'next' in value);
  } catch {
    return false;
  }
}

/**
 * Hands a stream's items to the sender of a request, at its pace, and ends the handler when it has had
 * enough. A sender that takes one reply gets the first.
 */
export async function streamReply(
  items: Items,
  message: BusMessage,
  endpoint: Endpoint,
  reporter: Reporter,
): Promise<unknown> {
  const { completion } = message;
  completion?.streams?.(endpoint);
  if (completion?.item === undefined) return firstOf(items, message, endpoint, reporter);
  for await (const item of items) {
    if (!(await completion.item(item, endpoint)) || message.outstanding?.reason) break;
  }
  return undefined;
}

interface Reporter {
  report(error: BusError): void;
}

/** The first item. Its sender does not wait for the handler to clean up; what that throws is reported. */
async function firstOf(
  items: Items,
  { topic }: BusMessage,
  { label }: Endpoint,
  reporter: Reporter,
): Promise<unknown> {
  const iterator =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const { done, value } = await iterator.next();
  if (done) return undefined;
  const end = async (): Promise<unknown> => iterator.return?.();
  end().catch((cause) => reporter.report(handlerFailed('the handler', topic, label, cause)));
  return value;
}

/** How many accepted a message, or a promise of that where some wait for room. */
export type Count = number | Promise<number>;

/** The promise of a send. It knows whether anything waits for it, and never ends the process. */
class SendPromise extends Promise<number> {
  isWatched = false;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise that notices its readers
  override then<A = number, B = never>(
    fulfilled?: ((value: number) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isWatched = true;
    return super.then(fulfilled, rejected);
  }
}

/** Rejections of one turn that are looked at; the log would hold back more of them anyway. */
const mostRemembered = 4096;

/** The promises that senders get. */
export class SendPromises {
  /** Resolved already; most sends share one of these. */
  readonly #settled: Promise<number>[] = [];
  /** Rejected in this turn, with their errors: a caller may look at them later in it. */
  #rejected: [promise: SendPromise, error: BusError][] = [];
  readonly #env: Env;
  readonly #unwatched: (error: BusError) => void;

  /** @param unwatched - gets the errors of rejected sends that nothing waits for. */
  constructor(env: Env, unwatched: (error: BusError) => void) {
    this.#env = env;
    this.#unwatched = unwatched;
  }

  of(count: Count): Promise<number> {
    if (typeof count !== 'number') return count;
    const promise = this.#settled[count] ?? Promise.resolve(count);
    if (count < 64) this.#settled[count] = promise;
    return promise;
  }

  /** @param isTold - the sender learns of an error in another way, too. */
  make(
    executor: (resolve: (count: Count) => void, reject: (error: BusError) => void) => void,
    isTold: boolean,
  ): Promise<number> {
    const promise = new SendPromise(executor);
    promise.isWatched = isTold;
    Promise.prototype.then.call(promise, undefined, (error) => this.#note(promise, error));
    return promise;
  }

  /** @param isTold - as in {@link make}. */
  reject(error: BusError, isTold: boolean): Promise<number> {
    return this.make((_, reject) => reject(error), isTold);
  }

  #note(promise: SendPromise, error: BusError): void {
    if (this.#rejected.length === 0) this.#env.setTurn(() => this.#tellUnwatched());
    if (this.#rejected.length < mostRemembered) this.#rejected.push([promise, error]);
  }

  #tellUnwatched(): void {
    const rejected = this.#rejected;
    this.#rejected = [];
    for (const [promise, error] of rejected) if (!promise.isWatched) this.#unwatched(error);
  }
}
