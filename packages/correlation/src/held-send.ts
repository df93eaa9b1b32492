import type { BusError, Message, Timer } from '@bus/core';
import { onAbort, withoutStack } from '@bus/core';
import { cancelledError, closedError, timeoutError } from './errors.ts';
import { checkWait } from './options.ts';
import type { Held, RequestContext } from './request-context.ts';

/** A request, as the watch over its send tells it how it ended. */
export interface Asker {
  /** It waited long enough, or was cancelled. */
  giveUp(error: BusError): void;
  /** A `send` tap failed: its error, which may be anything, as it is. */
  fail(error: unknown): void;
}

/** One request as it was sent. */
export interface SentRequest {
  readonly topic: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** What the send returned. */
  readonly sent: Promise<number>;
}

/**
 * Watches a request that a `send` tap has kept: the kernel, which else tells every request how it ends,
 * may never hear of it. Time and signal count from here, even if the tap passes the request on later.
 */
export class HeldSend implements Held {
  readonly #context: RequestContext;
  readonly #asker: Asker;
  readonly #topic: string;
  readonly #due: number;
  #timer: Timer | undefined;
  #release: (() => void) | undefined;
  /** The kernel has told the request something. */
  #isTold = false;
  #isOver = false;
  /** What the kernel has of the request; to be cancelled when the time is over. */
  #message: Message | undefined;
  #failure: BusError | undefined;

  constructor(asker: Asker, context: RequestContext, request: SentRequest) {
    const { topic, timeoutMs, signal, sent } = request;
    const { env } = context;
    this.#context = context;
    this.#asker = asker;
    this.#topic = topic;
    this.#due = env.now() + timeoutMs;
    // The tap may have kept what the kernel would have refused.
    checkWait(timeoutMs, signal);
    context.held.add(this);
    const overdue = (): void =>
      this.#giveUp(withoutStack(() => timeoutError(topic, timeoutMs, undefined)));
    if (timeoutMs !== Number.POSITIVE_INFINITY) this.#timer = env.setTimer(overdue, timeoutMs);
    if (signal != null) {
      const cancelled = (): void => this.#giveUp(cancelledError(topic, signal.reason));
      this.#release = onAbort(signal, cancelled);
      if (signal.aborted) cancelled();
    }
    Promise.resolve(sent).catch((error: unknown) => {
      if (!this.#isTold && !this.#isOver) asker.fail(error);
    });
  }

  /**
   * The kernel has the request. It tells how that ends, in the time it was given: the one counted here
   * is needed only where that ends sooner.
   */
  told(message: Message): void {
    this.#isTold = true;
    if (this.#failure !== undefined) this.#context.cancel(message, this.#failure);
    if (this.#isOver) return;
    this.#dropSignal();
    this.#message = message;
    if ((message.deadline ?? Number.POSITIVE_INFINITY) <= this.#due) this.#dropTimer();
  }

  /** The request has ended: leaves nothing behind. */
  stop(): void {
    this.#isOver = true;
    this.#message = undefined;
    this.#context.held.delete(this);
    this.#dropSignal();
    this.#dropTimer();
  }

  /** The bus has stopped. */
  close(): void {
    this.#giveUp(closedError(this.#topic));
  }

  #giveUp(failure: BusError): void {
    if (this.#isOver) return;
    const message = this.#message;
    this.#failure = failure;
    this.stop();
    this.#asker.giveUp(failure);
    if (message !== undefined) this.#context.cancel(message, failure);
  }

  #dropSignal(): void {
    this.#release?.();
    this.#release = undefined;
  }

  #dropTimer(): void {
    if (this.#timer !== undefined) this.#context.env.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
