import type { BusMessage, Endpoint, EndpointDefinition, Message, Overflow } from '@bus/core';
import { BusError, Verdict } from '@bus/core';
import type { Interest } from './interest.ts';
import type { RemoteDefinition } from './reach.ts';

/** An interest of the peer, and what it is here. */
export interface Served {
  readonly interest: Interest;
  /** Undefined while it is being added, when observers of that may send to it already. */
  readonly endpoint: Endpoint | undefined;
}

/** What a link does with the messages for its peer. */
export interface Forwarder {
  /**
   * The same message, to wait: nothing that its sender does to the payload changes it.
   * @throws where it cannot travel.
   */
  kept(message: BusMessage): BusMessage;
  /** Whether the peer has room for another message, and for another that is to be answered. */
  canSend(served: Served, message: BusMessage): boolean;
  /**
   * Sends it; returns a promise of what the peer says of it, where it is to be answered.
   * @param given - as the kernel has it, and will name it to {@link giveUp}.
   */
  forward(served: Served, message: BusMessage, given: BusMessage): unknown;
  /** A message that was sent is given up. */
  giveUp(served: Served, message: Message): void;
  /** An interest of the peer that this bus does not serve. */
  refused(error: BusError): void;
}

/** A message that was given to an endpoint when its peer had no more room. */
interface Parked {
  /** As the kernel has it. */
  readonly given: BusMessage;
  readonly message: BusMessage;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Policies that the kernel has itself. */
const builtIn: readonly unknown[] = ['block', 'error'] satisfies Overflow[];

/**
 * Lets an endpoint of a peer `block` where no plugin has a queue for its policy: a bus that only passes
 * messages on needs none. Nothing is lost by it; the peer's own mailbox does what its policy says.
 */
export function blockUnlessQueued(definition: EndpointDefinition): EndpointDefinition {
  const { origin, queue, overflow = 'block' } = definition;
  if (origin === undefined || queue !== undefined || builtIn.includes(overflow)) return definition;
  return { ...definition, overflow: 'block' };
}

/** One interest of the peer, as an endpoint of this bus. */
export class RemoteEndpoint implements Served {
  readonly interest: Interest;
  readonly definition: RemoteDefinition;
  readonly #forwarder: Forwarder;
  readonly #stalled: (remote: RemoteEndpoint) => void;
  endpoint: Endpoint | undefined;
  /** The peer wants no more for now. */
  held = false;
  #parked: Parked[] = [];
  /** What becomes of messages once the link is gone. */
  #gone: ((topic: string) => BusError) | undefined;

  constructor(
    interest: Interest,
    definition: Omit<RemoteDefinition, 'handler' | 'keep' | 'cancelled'>,
    forwarder: Forwarder,
    stalled: (remote: RemoteEndpoint) => void,
  ) {
    this.interest = interest;
    this.#forwarder = forwarder;
    this.#stalled = stalled;
    this.definition = {
      ...definition,
      handler: (message) => this.#handle(message as BusMessage),
      keep: (message) => this.#forwarder.kept(message as BusMessage),
      cancelled: (message, reason) => this.#cancelled(message, reason),
    };
  }

  /** Whether the peer has room for the first that waits; what is held goes on when the peer says so. */
  get canGo(): boolean {
    const [first] = this.#parked;
    return this.held || first === undefined || this.#forwarder.canSend(this, first.message);
  }

  /** Sends what was parked, and takes more; false where the room is spent again. */
  go(): boolean {
    if (this.held) return true;
    for (let next = this.#parked[0]; next !== undefined; next = this.#parked[0]) {
      if (!this.#forwarder.canSend(this, next.message)) return false;
      this.#parked.shift();
      try {
        next.resolve(this.#forwarder.forward(this, next.message, next.given));
      } catch (error) {
        next.reject(BusError.is(error) ? new Verdict('rejected', error) : error);
      }
    }
    this.endpoint?.resume();
    return this.endpoint?.state !== 'paused';
  }

  close(error: (topic: string) => BusError, reason: string): void {
    this.#gone = error;
    for (const { given, reject } of this.#parked.splice(0)) {
      reject(new Verdict('rejected', error(given.topic)));
    }
    const pattern = String(this.definition.pattern);
    this.endpoint?.withdraw({ reason, error: error(pattern) });
  }

  /** Sends a message at once, or parks it. What cannot travel is refused by what this throws. */
  #handle(given: BusMessage): unknown {
    if (this.#gone !== undefined) throw new Verdict('rejected', this.#gone(given.topic));
    if (!this.held && this.#forwarder.canSend(this, given)) {
      return this.#forwarder.forward(this, given, given);
    }
    const message = this.#forwarder.kept(given);
    this.endpoint?.pause();
    this.#stalled(this);
    return new Promise((resolve, reject) => this.#parked.push({ given, message, resolve, reject }));
  }

  #cancelled(message: Message, reason: BusError): void {
    const at = this.#parked.findIndex(({ given }) => given === message);
    if (at < 0) this.#forwarder.giveUp(this, message);
    else this.#parked.splice(at, 1)[0]?.reject(reason);
  }
}
