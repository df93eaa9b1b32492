import type {
  Balance,
  BusError,
  Completion,
  Endpoint,
  Env,
  Message,
  Outcome,
  SendExtras,
} from '@bus/core';
import type { PendingRequests } from './pending-requests.ts';
import { failureOf } from './reply-error.ts';
import type { Entry } from './stacks.ts';
import { rejected, rejectedLater } from './stacks.ts';

/** What the requests of one bus share. */
export interface RequestContext {
  readonly env: Env;
  readonly requests: PendingRequests;
  readonly balance: Balance | undefined;
}

type Resolve = (reply: unknown) => void;

// One executor for all promises: a closure for each would cost every request.
let lastResolve: Resolve;
const capture = (resolve: Resolve): void => {
  lastResolve = resolve;
};

/**
 * One request that waits for its reply. The kernel tells it how the message ended, whatever happens,
 * so it needs no timer of its own. It is also what the message is sent with: one object a request.
 */
export class PendingReply implements Completion, SendExtras {
  // Fields and no getters: a `send` tap may spread what it passes on.
  readonly completion: Completion;
  readonly balance: Balance | undefined;
  readonly #context: RequestContext;
  readonly #timeoutMs: number;
  readonly #suppliedId: string | undefined;
  #resolve: Resolve | undefined = undefined;
  #isSettled = false;
  /** The reply, where it came before anybody could wait for it. */
  #value: unknown = undefined;
  #failure: BusError | undefined = undefined;

  /** @param suppliedId - reserved by the caller; given back when the request ends. */
  constructor(context: RequestContext, timeoutMs: number, suppliedId: string | undefined) {
    this.completion = this;
    this.balance = context.balance;
    this.#context = context;
    this.#timeoutMs = timeoutMs;
    this.#suppliedId = suppliedId;
  }

  /**
   * To be called once, after the message was sent.
   * @param entry - the function that the caller called, where the stack of an error begins.
   */
  reply(entry: Entry): Promise<unknown> {
    if (!this.#isSettled) {
      this.#context.requests.began();
      const promise = new Promise(capture);
      this.#resolve = lastResolve;
      return promise;
    }
    return this.#failure === undefined
      ? Promise.resolve(this.#value)
      : rejected(this.#failure, entry);
  }

  settled(
    message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { requests, env } = this.#context;
    if (this.#suppliedId !== undefined) requests.release(this.#suppliedId);
    if (this.#resolve !== undefined) requests.ended();
    if (outcome === 'handled' || outcome === 'forwarded') {
      if (this.#resolve === undefined) this.#value = value;
      else this.#resolve(value);
      return;
    }
    const failure = failureOf(message, endpoint, outcome, error, this.#timeoutMs, env);
    if (this.#resolve === undefined) this.#failure = failure;
    else this.#resolve(rejectedLater(failure));
  }

  late(): void {
    this.#context.requests.late();
  }
}
