import { RE2Set } from 're2js';

/** Bytes of cached states per pattern. Without a limit, hostile patterns would fill the memory. */
const bytesPerPattern = 16 * 1024;
const leastBytes = 32 * 1024;

/** An entry of a {@link PatternSet}. */
export interface Translated {
  /** The pattern in RE2's syntax. */
  readonly text: string;
}

/** Collects matching patterns: an array of the entries or of a supertype. */
export interface Found<T> {
  push(entry: T): unknown;
}

/**
 * Patterns compiled to one automaton, which reads a topic once for all of them. The automaton cannot
 * change, so a removed pattern stays in it and its matches are ignored. Once most patterns are removed,
 * rebuilding pays.
 */
export class PatternSet<T extends Translated> {
  readonly #set: RE2Set;
  readonly #entries: (T | undefined)[];
  #size: number;

  /** @throws if the engine refuses a pattern */
  constructor(entries: readonly T[]) {
    // Without anchors at both ends the automaton overflows at a few hundred patterns, and a look-up
    // takes a thousand times as long.
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
