import { type Env, inContext } from './env.ts';
import type { BusError } from './errors.ts';
import type { BusMessage } from './message/message.ts';
import type { Count, SendPromises } from './outcome/results.ts';

/** Handlers that call each other's topics nest this deep; beyond, messages are deferred. */
export const deepestNesting = 48;
/** Deferred messages sent in one go. */
const longestFlush = 4096;
/** Messages that are deferred: a handler that sends more of them without awaiting any is refused. */
export const mostDeferred = 65_536;

/** A send that waits until the fan-out under way has reached its last target. */
interface Deferred {
  readonly send: () => Count;
  readonly context: object | undefined;
  resolve(count: Count): void;
  reject(error: BusError): void;
}

/** The parts of a bus that ordering sends uses. */
export interface OrderParts {
  readonly env: Env;
  readonly promises: SendPromises;
}

/**
 * Keeps causal order: no endpoint gets the message that a handler sends before the one it handles. What
 * handlers send is deferred until the fan-out under way has reached its last target.
 */
export class CausalOrder {
  /** The fan-out under way has targets left. */
  isUnfinished = false;
  /** One message is received in parts: to what handlers send, they are one fan-out. */
  isInParts = false;
  /** Fan-outs on the stack. */
  fanOuts = 0;
  /** The same, and handlers whose messages waited. */
  nesting = 0;
  readonly #parts: OrderParts;
  #deferred: Deferred[] = [];
  /** How many of them have been sent. */
  #sent = 0;
  #isFlushing = false;

  constructor(parts: OrderParts) {
    this.#parts = parts;
  }

  /** Whether a message must wait: its cause has not reached everyone yet. */
  get mustDefer(): boolean {
    return this.isUnfinished || this.#deferred.length > 0 || this.nesting >= deepestNesting;
  }

  /** Whether a message that is received must wait. The parts of one do not wait for each other. */
  get mustHold(): boolean {
    return this.mustDefer && !(this.isInParts && this.nesting === 0);
  }

  get isFlooded(): boolean {
    return this.#deferred.length - this.#sent >= mostDeferred;
  }

  /** Runs `receive`, which receives one message in parts. */
  together(receive: () => void): void {
    // Parts that have to wait anyway are handed over in the same order later.
    if (this.mustDefer) {
      receive();
      return;
    }
    this.isInParts = true;
    try {
      receive();
    } finally {
      this.isInParts = false;
      this.isUnfinished = false;
      this.go();
    }
  }

  /** Sends when the fan-out under way has reached its last target, and after what is deferred already. */
  defer(message: BusMessage, send: () => Count): Promise<number> {
    const { env, promises } = this.#parts;
    const context = env.context?.capture();
    const isLast = this.#deferred.length === 0;
    const sent = promises.make(
      (resolve, reject) => this.#deferred.push({ send, context, resolve, reject }),
      message.completion !== undefined,
    );
    // Deep in handlers that no fan-out has called, nothing else comes back to it.
    if (isLast && this.fanOuts === 0 && !this.#isFlushing) env.setTurn(() => this.#flush());
    return sent;
  }

  /** Sends what was deferred, if the way is free. */
  go(): void {
    if (this.#deferred.length > 0 && !this.isUnfinished && !this.#isFlushing) this.#flush();
  }

  /** Resolves when nothing is deferred. */
  async flushed(): Promise<void> {
    const { env } = this.#parts;
    while (this.#deferred.length > 0) await new Promise<void>((turn) => env.setTurn(turn));
  }

  /** Sends everything that is deferred at once: a bus that has stopped refuses it. */
  refuseDeferred(): void {
    while (this.#deferred.length > 0) {
      const { send, resolve } = this.#take();
      resolve(send());
    }
  }

  #flush(): void {
    const { env } = this.#parts;
    this.#isFlushing = true;
    try {
      for (let left = longestFlush; this.#sent < this.#deferred.length; left--) {
        if (left === 0) {
          env.setTurn(() => this.#flush());
          break;
        }
        const { send, context, resolve, reject } = this.#take();
        try {
          resolve(inContext(env, context, send, undefined));
        } catch (error) {
          // Those behind it still have to go.
          reject(error as BusError);
        }
      }
    } finally {
      this.#isFlushing = false;
    }
  }

  #take(): Deferred {
    const next = this.#deferred[this.#sent++] as Deferred;
    // Chains of sends that overlap never empty the list: what was taken must go all the same.
    if (this.#sent === this.#deferred.length || this.#sent === longestFlush) {
      this.#deferred = this.#deferred.slice(this.#sent);
      this.#sent = 0;
    }
    return next;
  }
}
