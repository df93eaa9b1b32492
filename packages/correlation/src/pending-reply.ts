import type {
  Balance,
  BusError,
  Completion,
  Endpoint,
  Message,
  Outcome,
  SendExtras,
} from '@bus/core';
import type { Asker, SentRequest } from './held-send.ts';
import { HeldSend } from './held-send.ts';
import { failureOf } from './reply-error.ts';
import type { RequestContext } from './request-context.ts';
import type { Entry } from './stacks.ts';
import { rejected, rejectedLater } from './stacks.ts';

type Resolve = (reply: unknown) => void;

// One executor for all promises: a closure for each would cost every request.
let lastResolve: Resolve | undefined;
const capture = (resolve: Resolve): void => {
  lastResolve = resolve;
};

/**
 * One request that waits for its reply. The kernel tells it how the message ended, whatever happens,
 * so it needs no timer of its own, unless a `send` tap keeps the message from the kernel. It is also what
 * the message is sent with: one object a request.
 */
export class PendingReply implements Completion, SendExtras, Asker {
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
  /** The kernel has the message. */
  #isTargeted = false;
  #held: HeldSend | undefined = undefined;

  /** @param suppliedId - reserved by the caller; given back when the request ends. */
  constructor(context: RequestContext, timeoutMs: number, suppliedId: string | undefined) {
    this.completion = this;
    this.balance = context.balance;
    this.#context = context;
    this.#timeoutMs = timeoutMs;
    this.#suppliedId = suppliedId;
  }

  /** The kernel has told it something, and will tell it the rest. */
  get isTold(): boolean {
    return this.#isTargeted || this.#isSettled;
  }

  /** The message was sent and the kernel does not have it: a `send` tap keeps it. */
  hold(request: SentRequest): void {
    try {
      this.#held = new HeldSend(this, this.#context, request);
    } catch (error) {
      this.fail(error);
    }
    if (this.#isSettled) this.#held?.stop();
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
      // It would keep the last reply of a process.
      lastResolve = undefined;
      return promise;
    }
    return this.#failure === undefined
      ? Promise.resolve(this.#value)
      : rejected(this.#failure, entry);
  }

  targeted(_count: number, message: Message): void {
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
    const isReply = outcome === 'handled' || outcome === 'forwarded';
    if (this.#isSettled) {
      if (isReply) this.#context.requests.late();
    } else if (isReply) {
      this.#end();
      if (this.#resolve === undefined) this.#value = value;
      else this.#resolve(value);
    } else this.giveUp(failureOf(message, endpoint, outcome, error, this.#timeoutMs));
  }

  giveUp(failure: BusError): void {
    this.#end();
    if (this.#resolve === undefined) this.#failure = failure;
    else this.#resolve(rejectedLater(failure));
  }

  fail(error: unknown): void {
    if (this.#isSettled) return;
    this.#end();
    const rejection = Promise.reject(error);
    if (this.#resolve === undefined) this.#value = rejection;
    else this.#resolve(rejection);
  }

  #end(): void {
    this.#isSettled = true;
    this.#held?.stop();
    const { requests } = this.#context;
    if (this.#suppliedId !== undefined) requests.release(this.#suppliedId);
    if (this.#resolve !== undefined) requests.ended();
  }

  late(): void {
    this.#context.requests.late();
  }
}
