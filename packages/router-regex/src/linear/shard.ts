import type { Found, Translated } from './pattern-set.ts';
import { PatternSet } from './pattern-set.ts';

/** Tried one by one, until so many have come that a set of them pays. */
const maxFresh = 8;

/** A pattern that can also be tried alone. */
export interface Testable extends Translated {
  /** @param topic - as the set it is in reads topics. */
  testWritten(topic: string): boolean;
}

/**
 * Patterns that come and go, in sets that cannot change. New ones are tried one by one; the next
 * lookup after the eighth compiles them, together with every newest set that is not larger, so that
 * a pattern is compiled anew only as often as its set doubles.
 */
export class Shard<T extends Testable> {
  readonly #limit: number;
  #fresh = new Set<T>();
  #sets: PatternSet<T>[] = [];

  /** @param limit - patterns in one set. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get empty(): boolean {
    return this.#fresh.size === 0 && this.#sets.length === 0;
  }

  add(entry: T): void {
    this.#fresh.add(entry);
  }

  remove(entry: T): void {
    if (this.#fresh.delete(entry)) return;
    const set = this.#sets.find((candidate) => candidate.remove(entry));
    if (!set?.mostlyRemoved) return;
    this.#sets = this.#sets.filter((other) => other !== set);
    for (const left of set.entries) this.#fresh.add(left);
  }

  match(topic: string, found: Found<T>): void {
    if (this.#fresh.size > maxFresh) this.#compile();
    for (const set of this.#sets) set.match(topic, found);
    for (const entry of this.#fresh) if (entry.testWritten(topic)) found.push(entry);
  }

  #compile(): void {
    let entries = [...this.#fresh];
    for (let last = this.#sets.at(-1); last !== undefined; last = this.#sets.at(-1)) {
      if (last.size > entries.length || last.size + entries.length > this.#limit) break;
      entries = [...last.entries, ...entries];
      this.#sets.pop();
    }
    for (let at = 0; at < entries.length; at += this.#limit) {
      this.#sets.push(new PatternSet(entries.slice(at, at + this.#limit)));
    }
    this.#fresh.clear();
  }
}
