import type { Endpoint } from './endpoint.ts';

/** Handlers calling each other's topics nest this deep; beyond, messages take the mailbox. */
const deepestNesting = 48;

/** Who may run: what is on the stack, how many handlers are at work, and who waits for one to end. */
export class Slots {
  readonly #limit: number;
  /** Handlers that have returned a promise and not settled, over the whole bus. */
  running = 0;
  /** Handlers on the stack. */
  nesting = 0;
  /** The endpoint whose handler was called directly: until it returns, that leaves no other trace. */
  direct: Endpoint | undefined;
  /** Those whose handlers called it, outermost first. */
  readonly callers: Endpoint[] = [];
  /** Endpoints with work, held back because the whole bus is at its limit. */
  readonly #starved = new Set<Endpoint>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether the bus may run another handler. */
  get free(): boolean {
    return this.running < this.#limit;
  }

  /** Whether another handler may be called on top of those on the stack. */
  get shallow(): boolean {
    return this.nesting < deepestNesting;
  }

  /** Messages whose handlers were called directly and are still on the stack. */
  get onStack(): number {
    return this.callers.length + (this.direct === undefined ? 0 : 1);
  }

  /** Whether an endpoint's handler was called directly and is still on the stack. */
  isCalling(endpoint: Endpoint): boolean {
    return endpoint === this.direct || this.callers.includes(endpoint);
  }

  /** Whether an endpoint may start a message that waits. */
  has(endpoint: Endpoint): boolean {
    return (
      !endpoint.executing &&
      !this.isCalling(endpoint) &&
      endpoint.state !== 'paused' &&
      endpoint.running < endpoint.policy.concurrency &&
      this.free
    );
  }

  /** Whether an endpoint may start a message that has just come. */
  mayStart(endpoint: Endpoint): boolean {
    return endpoint.state === 'active' && this.free && this.shallow && !this.isCalling(endpoint);
  }

  /** Remembers an endpoint that the limit holds back. */
  starve(endpoint: Endpoint): void {
    this.#starved.add(endpoint);
  }

  /** Gives a slot that `endpoint` has left to whoever is next; itself, where nobody waits. */
  pass(endpoint: Endpoint, drain: (endpoint: Endpoint) => void): void {
    if (this.#starved.size === 0) {
      drain(endpoint);
      return;
    }
    // In turn, or an endpoint with a long queue would keep every slot that it frees.
    this.#starved.add(endpoint);
    for (const next of this.#starved) {
      if (!this.free) return;
      this.#starved.delete(next);
      drain(next);
    }
  }
}
