import type { Found, Translated } from './pattern-set.ts';
import { PatternSet } from './pattern-set.ts';

/** Up to this number, patterns are tried one by one. */
const maxFresh = 8;

/** A pattern that can be tried alone. */
export interface Testable extends Translated {
  /** @param topic - in the form that the pattern's set reads */
  testWritten(topic: string): boolean;
}

/**
 * Keeps patterns that come and go in sets that cannot change. New patterns are tried one by one. The
 * first look-up after the eighth compiles them together with the newest sets that are not larger, so a
 * pattern is compiled again only when its set doubles.
 */
export class Shard<T extends Testable> {
  readonly #limit: number;
  #fresh = new Set<T>();
  #sets: PatternSet<T>[] = [];

  /** @param limit - the largest number of patterns in one set */
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
    // A copy, so that nothing is lost if the engine throws.
    const sets = this.#sets.slice();
    for (let last = sets.at(-1); last !== undefined; last = sets.at(-1)) {
      if (last.size > entries.length || last.size + entries.length > this.#limit) break;
      entries = [...last.entries, ...entries];
      sets.pop();
    }
    for (let at = 0; at < entries.length; at += this.#limit) {
      sets.push(new PatternSet(entries.slice(at, at + this.#limit)));
    }
    this.#sets = sets;
    this.#fresh.clear();
  }
}
