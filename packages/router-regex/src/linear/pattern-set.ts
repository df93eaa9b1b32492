import { RE2Set } from 're2js';

/** Bytes of cached states for each pattern of a set: hostile patterns would fill any amount. */
const bytesPerPattern = 16 * 1024;
const leastBytes = 32 * 1024;

/** What a {@link PatternSet} holds. */
export interface Translated {
  /** The pattern in RE2's syntax. */
  readonly text: string;
}

/** What takes the patterns that match: an array of them, or of anything they are. */
export interface Found<T> {
  push(entry: T): unknown;
}

/**
 * Patterns compiled into one automaton, which reads a topic once for all of them. It cannot change:
 * what is removed stays in it and is passed over, until so much is that building anew pays.
 */
export class PatternSet<T extends Translated> {
  readonly #set: RE2Set;
  readonly #entries: (T | undefined)[];
  #size: number;

  /** @throws where the engine takes one of them for an error. */
  constructor(entries: readonly T[]) {
    // Anchored at both ends: any other way the automaton overflows at a few hundred patterns, and
    // a lookup takes a thousand times as long.
    this.#set = new RE2Set(RE2Set.ANCHOR_BOTH, 0, leastBytes + entries.length * bytesPerPattern);
    for (const { text } of entries) this.#set.add(text);
    this.#set.compile();
    this.#entries = entries.slice();
    this.#size = entries.length;
  }

  get size(): number {
    return this.#size;
  }

  get mostlyRemoved(): boolean {
    return this.#size * 2 < this.#entries.length;
  }

  get entries(): T[] {
    return this.#entries.filter((entry) => entry !== undefined);
  }

  remove(entry: T): boolean {
    const at = this.#entries.indexOf(entry);
    if (at < 0) return false;
    this.#entries[at] = undefined;
    this.#size--;
    return true;
  }

  match(topic: string, found: Found<T>): void {
    for (const index of this.#set.match(topic)) {
      const entry = this.#entries[index];
      if (entry !== undefined) found.push(entry);
    }
  }
}
