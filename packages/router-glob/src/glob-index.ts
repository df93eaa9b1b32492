import { foldCase } from './case-folding.ts';
import { matchesPattern } from './compile-glob.ts';
import type { GlobPattern } from './glob-pattern.ts';
import { GlobReader } from './glob-pattern.ts';
import { PatternTrie, Repeated } from './pattern-trie.ts';

/** Values by glob pattern: adds, removes and finds them by topic. */
export class GlobIndex<T extends object> {
  readonly #reader: GlobReader;
  readonly #ordinary = new PatternTrie<T>();
  /** Patterns that begin with `$bus`: the only ones that match topics under `$bus.`. */
  readonly #system = new PatternTrie<T>();
  /** Values whose pattern has several alternatives. */
  readonly #repeated = new Map<T, Repeated<T>>();

  constructor(nocase: boolean) {
    this.#reader = new GlobReader(nocase);
  }

  /** @throws BUS_PATTERN_INVALID */
  read(pattern: string): GlobPattern {
    return this.#reader.read(pattern);
  }

  /** @throws BUS_PATTERN_INVALID, and then adds nothing */
  add(pattern: string, value: T): void {
    const { system, alternatives } = this.read(pattern);
    const trie = system ? this.#system : this.#ordinary;
    let entry: T | Repeated<T> = value;
    if (alternatives.length > 1) {
      entry = new Repeated(value);
      this.#repeated.set(value, entry);
    }
    for (const segments of alternatives) trie.add(segments, entry);
  }

  remove(pattern: string, value: T): void {
    const { system, alternatives } = this.read(pattern);
    const trie = system ? this.#system : this.#ordinary;
    const entry = this.#repeated.get(value) ?? value;
    for (const segments of alternatives) trie.remove(segments, entry);
    this.#repeated.delete(value);
  }

  /** Adds every value whose pattern matches the topic to `found`, each once. */
  match(topic: string, found: T[]): void {
    const text = this.#reader.nocase ? foldCase(topic) : topic;
    if (text.startsWith('$bus')) this.#system.match(text, found);
    if (!topic.startsWith('$bus.')) this.#ordinary.match(text, found);
  }

  /** Whether one pattern, added or not, matches the topic. */
  matches(pattern: string, topic: string): boolean {
    return matchesPattern(this.read(pattern), topic, this.#reader.nocase ? foldCase(topic) : topic);
  }
}
