import type { BusMessage, Message } from '@bus/core';

/** Ends the id prefix of messages that are published reliably; a bus's own prefix ends otherwise. */
export const reliableMark = 'r.';

/** Publishers whose numbers one subscription remembers; the one longest unheard of is forgotten. */
const mostPublishers = 256;

/** Whether a message has a number that its publisher gives to no other, however often it is sent. */
export function isNumbered({ traits }: BusMessage): boolean {
  return traits.id === undefined && traits.idPrefix.endsWith(reliableMark);
}

/** What is being done about a message. */
export interface Underway {
  /** Another delivery of the same message; settles when the message has ended. */
  join(delivery: Message): Promise<void>;
}

/**
 * Which messages of one publisher a subscription has dealt with: a bitmap over the last numbers, so
 * its size does not depend on how many there were.
 */
export class PublisherWindow {
  /** By number, what is being dealt with. */
  readonly running: Map<number, Underway> = new Map();
  readonly #size: number;
  readonly #bits: Uint32Array;
  #highest = -1;

  constructor(size: number) {
    this.#size = size;
    this.#bits = new Uint32Array(Math.ceil(size / 32));
  }

  /** Of a number below the window nothing is known: it counts as new. */
  has(number: number): boolean {
    if (number > this.#highest || number <= this.#highest - this.#size) return false;
    const at = number % this.#size;
    return ((this.#bits[at >>> 5] ?? 0) & (1 << (at & 31))) !== 0;
  }

  add(number: number): void {
    if (number <= this.#highest - this.#size) return;
    if (number > this.#highest) this.#moveTo(number);
    const at = number % this.#size;
    this.#bits[at >>> 5] = (this.#bits[at >>> 5] ?? 0) | (1 << (at & 31));
  }

  #moveTo(highest: number): void {
    if (highest - this.#highest >= this.#size) this.#bits.fill(0);
    else {
      for (let number = this.#highest + 1; number <= highest; number++) {
        const at = number % this.#size;
        this.#bits[at >>> 5] = (this.#bits[at >>> 5] ?? 0) & ~(1 << (at & 31));
      }
    }
    this.#highest = highest;
  }
}

/** The publishers that one subscription has heard of. */
export class PublisherWindows {
  readonly #size: number;
  /** By source and id prefix, whoever was heard of last at the end. */
  readonly #windows = new Map<string, PublisherWindow>();
  #source = '';
  #idPrefix = '';
  #last: PublisherWindow | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  /** A prefix alone could be anybody's: the source says who it was. */
  of({ traits: { source, idPrefix } }: BusMessage): PublisherWindow {
    if (this.#last !== undefined && source === this.#source && idPrefix === this.#idPrefix) {
      return this.#last;
    }
    const key = `${source}\n${idPrefix}`;
    const window = this.#windows.get(key) ?? new PublisherWindow(this.#size);
    this.#windows.delete(key);
    this.#windows.set(key, window);
    if (this.#windows.size > mostPublishers) {
      for (const oldest of this.#windows.keys()) {
        this.#windows.delete(oldest);
        break;
      }
    }
    this.#source = source;
    this.#idPrefix = idPrefix;
    this.#last = window;
    return window;
  }
}
