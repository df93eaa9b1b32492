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

/** What the requests of one bus share. */
export interface RequestContext {
  readonly env: Env;
  readonly requests: PendingRequests;
  readonly balance: Balance | undefined;
}

/**
 * One request that waits for its reply. The kernel tells it how the message ended, whatever happens,
 * so it needs no timer of its own. It is also what the message is sent with: one object a request.
 */
export class PendingReply implements Completion, SendExtras {
  readonly completion: Completion;
  readonly balance: Balance | undefined;
  readonly #context: RequestContext;
  readonly #timeoutMs: number;
  readonly #suppliedId: string | undefined;
  #resolve: ((value: unknown) => void) | undefined;
  #reject: ((error: BusError) => void) | undefined;
  #settled = false;
  /** The reply, where it came before anybody could wait for it. */
  #value: unknown;
  #error: BusError | undefined;

  /** @param suppliedId - reserved by the caller; given back when the request ends. */
  constructor(context: RequestContext, timeoutMs: number, suppliedId: string | undefined) {
    this.completion = this;
    this.balance = context.balance;
    this.#context = context;
    this.#timeoutMs = timeoutMs;
    this.#suppliedId = suppliedId;
  }

  /** To be called once, after the message was sent. */
  reply(): Promise<unknown> {
    if (!this.#settled) {
      this.#context.requests.began();
      return new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      });
    }
    return this.#error === undefined ? Promise.resolve(this.#value) : Promise.reject(this.#error);
  }

  settled(
    message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void {
    if (this.#settled) return;
    this.#settled = true;
    const { requests, env } = this.#context;
    if (this.#suppliedId !== undefined) requests.release(this.#suppliedId);
    if (this.#resolve !== undefined) requests.ended();
    if (outcome === 'handled' || outcome === 'forwarded') {
      if (this.#resolve === undefined) this.#value = value;
      else this.#resolve(value);
      return;
    }
    const failure = failureOf(message, endpoint, outcome, error, this.#timeoutMs, env);
    if (this.#reject === undefined) this.#error = failure;
    else this.#reject(failure);
  }

  late(): void {
    this.#context.requests.late();
  }
}
