import { foldCase } from './case-folding.ts';
import type { GlobPattern } from './glob-pattern.ts';
import { parseGlob } from './glob-pattern.ts';
import { Shared } from './leaf.ts';
import { matchesPattern } from './match-pattern.ts';
import { PatternTrie } from './pattern-trie.ts';
import { Recent } from './recent.ts';

/** How many patterns are remembered as read: the kernel asks about one several times in a row. */
const remembered = 256;

/** Values by glob pattern: adds, removes and finds them by topic. */
export class GlobIndex<T extends object> {
  readonly #nocase: boolean;
  readonly #patterns: Recent<GlobPattern>;
  readonly #ordinary = new PatternTrie<T>();
  /** Patterns that begin with `$bus`: the only ones that match topics under `$bus.`. */
  readonly #system = new PatternTrie<T>();
  readonly #shared = new Map<T, Shared<T>>();

  constructor(nocase: boolean) {
    this.#nocase = nocase;
    this.#patterns = new Recent(remembered, (pattern) => parseGlob(pattern, nocase));
  }

  /** Reads a pattern, or throws what is wrong with it. */
  read(pattern: string): GlobPattern {
    return this.#patterns.get(pattern);
  }

  add(pattern: string, value: T): void {
    const { system, alternatives } = this.read(pattern);
    const trie = system ? this.#system : this.#ordinary;
    let entry: T | Shared<T> = value;
    if (alternatives.length > 1) {
      entry = new Shared(value);
      this.#shared.set(value, entry);
    }
    for (const segments of alternatives) trie.add(segments, pattern, entry);
  }

  remove(pattern: string, value: T): void {
    const { system, alternatives } = this.read(pattern);
    const trie = system ? this.#system : this.#ordinary;
    const entry = this.#shared.get(value) ?? value;
    for (const segments of alternatives) trie.remove(segments, pattern, entry);
    this.#shared.delete(value);
  }

  /** Adds every value whose pattern matches the topic to `found`, each once. */
  match(topic: string, found: T[]): void {
    const text = this.#nocase ? foldCase(topic) : topic;
    if (text.charCodeAt(0) === 36 && text.startsWith('$bus')) this.#system.match(text, found);
    if (!topic.startsWith('$bus.')) this.#ordinary.match(text, found);
  }

  /** Whether one pattern, added or not, matches the topic. */
  matches(pattern: string, topic: string): boolean {
    return matchesPattern(this.read(pattern), topic, this.#nocase ? foldCase(topic) : topic);
  }
}
