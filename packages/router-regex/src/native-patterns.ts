import { PatternEntry } from './entry.ts';
import type { PatternSource } from './source.ts';
import { refusal } from './source.ts';

/** A pattern that the platform's RegExp engine runs. */
export class NativeEntry extends PatternEntry {
  readonly #regexp: RegExp;

  constructor(pattern: PatternSource) {
    super(pattern);
    try {
      this.#regexp = new RegExp(pattern.source, pattern.flags);
    } catch (error) {
      throw refusal(pattern, error instanceof Error ? error.message : String(error));
    }
  }

  override test(topic: string): boolean {
    return this.#regexp.test(topic);
  }
}

/**
 * Finds patterns by their literal beginning. There is one map per length of a beginning, so a topic
 * costs one probe per length instead of one test per pattern. Patterns without a literal beginning have
 * length 0 and are all tried.
 */
export class NativePatterns {
  readonly #entries = new Map<string, NativeEntry>();
  readonly #byLength = new Map<number, Map<string, Set<NativeEntry>>>();
  #lengths: readonly number[] = [];

  get size(): number {
    return this.#entries.size;
  }

  /** The number of patterns that are tried on every topic. */
  get unprefixed(): number {
    return this.#byLength.get(0)?.get('')?.size ?? 0;
  }

  find(key: string): NativeEntry | undefined {
    return this.#entries.get(key);
  }

  add(entry: NativeEntry): void {
    const { prefix } = entry;
    this.#entries.set(entry.key, entry);
    let buckets = this.#byLength.get(prefix.length);
    if (buckets === undefined) {
      buckets = new Map();
      this.#byLength.set(prefix.length, buckets);
      this.#sortLengths();
    }
    const bucket = buckets.get(prefix);
    if (bucket === undefined) buckets.set(prefix, new Set([entry]));
    else bucket.add(entry);
  }

  remove(entry: NativeEntry): void {
    const { prefix } = entry;
    this.#entries.delete(entry.key);
    const buckets = this.#byLength.get(prefix.length);
    const bucket = buckets?.get(prefix);
    bucket?.delete(entry);
    if (bucket?.size === 0) buckets?.delete(prefix);
    if (buckets?.size !== 0) return;
    this.#byLength.delete(prefix.length);
    this.#sortLengths();
  }

  match(topic: string, found: PatternEntry[]): void {
    for (const length of this.#lengths) {
      if (length > topic.length) return;
      const bucket = this.#byLength.get(length)?.get(topic.slice(0, length));
      if (bucket === undefined) continue;
      for (const entry of bucket) if (entry.test(topic)) found.push(entry);
    }
  }

  #sortLengths(): void {
    this.#lengths = [...this.#byLength.keys()].sort((a, b) => a - b);
  }
}
