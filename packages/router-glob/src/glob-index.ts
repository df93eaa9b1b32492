import { foldCase } from './case-folding.ts';
import { matchesPattern } from './compile-glob.ts';
import type { Alternative, GlobPattern } from './glob-pattern.ts';
import { GlobReader } from './glob-pattern.ts';
import { PatternTrie, Repeated } from './pattern-trie.ts';
import type { ComplexSegment, Segment } from './segment.ts';

/** Finds values by topic, each under the glob pattern it was added with. */
export class GlobIndex<T extends object> {
  readonly #reader: GlobReader;
  readonly #ordinary = new PatternTrie<T>();
  /** Patterns that begin with `$bus`. No others match topics under `$bus.`. */
  readonly #system = new PatternTrie<T>();
  /** Values with several places in a trie. */
  readonly #repeated = new Map<T, Repeated<T>>();

  constructor(nocase: boolean) {
    this.#reader = new GlobReader(nocase);
  }

  /** @throws BUS_PATTERN_INVALID */
  read(pattern: string): GlobPattern {
    return this.#reader.read(pattern);
  }

  /** @throws BUS_PATTERN_INVALID without adding anything */
  add(pattern: string, value: T): void {
    const { system, alternatives } = this.read(pattern);
    const trie = system ? this.#system : this.#ordinary;
    const places = spread(alternatives);
    let entry: T | Repeated<T> = value;
    if (places.length > 1) {
      entry = new Repeated(value);
      this.#repeated.set(value, entry);
    }
    for (const place of places) trie.add(place, entry);
  }

  remove(pattern: string, value: T): void {
    const { system, alternatives } = this.read(pattern);
    const trie = system ? this.#system : this.#ordinary;
    const entry = this.#repeated.get(value) ?? value;
    for (const place of spread(alternatives)) trie.remove(place, entry);
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

/** More places per pattern would cost more memory than they save time. */
const mostPlaces = 8;

/**
 * Replaces segments that match a few texts, such as `@(eu|us)`, by these texts. A match looks up all
 * texts in one step but follows every segment with marks on a path of its own.
 */
function spread(alternatives: readonly Alternative[]): readonly Alternative[] {
  if (!alternatives.some((segments) => segments.some(isList))) return alternatives;
  const most = mostPlaces / alternatives.length;
  return alternatives.flatMap((segments) => {
    let places: Alternative[] = [[]];
    for (const segment of segments) {
      const few = isList(segment) && segment.beginnings.length * places.length <= most;
      const choices: readonly Segment[] = few ? segment.beginnings : [segment];
      places = places.flatMap((place) => choices.map((choice): Alternative => [...place, choice]));
    }
    return places;
  });
}

function isList(segment: Segment): segment is ComplexSegment {
  return typeof segment === 'object' && segment.rest === 'nothing';
}
