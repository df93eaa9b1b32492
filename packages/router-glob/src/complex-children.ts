import type { Segment } from './glob-pattern.ts';
import type { SegmentMatcher } from './wildcards.ts';

interface Child<N> {
  readonly matcher: SegmentMatcher;
  readonly node: N;
}

/**
 * The children of a node whose segment is neither text nor one wildcard. They are kept by the text
 * they begin with, and that by its length: a node with ten thousand of them tests few.
 */
export class ComplexChildren<N> {
  /** By length of prefix, by prefix, by how the segment is written. */
  readonly #byLength = new Map<number, Map<string, Map<string, Child<N>>>>();

  get empty(): boolean {
    return this.#byLength.size === 0;
  }

  get(segment: Segment): N | undefined {
    const prefix = segment.matcher?.prefix ?? '';
    return this.#byLength.get(prefix.length)?.get(prefix)?.get(segment.text)?.node;
  }

  set(segment: Segment, node: N): void {
    const { matcher } = segment;
    if (matcher === undefined) return;
    const { prefix } = matcher;
    const byPrefix = inner(this.#byLength, prefix.length);
    inner(byPrefix, prefix).set(segment.text, { matcher, node });
  }

  delete(segment: Segment): void {
    const prefix = segment.matcher?.prefix ?? '';
    const byPrefix = this.#byLength.get(prefix.length);
    const byText = byPrefix?.get(prefix);
    byText?.delete(segment.text);
    if (byText?.size === 0) byPrefix?.delete(prefix);
    if (byPrefix?.size === 0) this.#byLength.delete(prefix.length);
  }

  /** Puts the nodes whose segment matches into `found` from its beginning; returns how many. */
  find(text: string, found: N[]): number {
    let count = 0;
    for (const [length, byPrefix] of this.#byLength) {
      const byText = length > text.length ? undefined : byPrefix.get(text.slice(0, length));
      if (byText === undefined) continue;
      for (const { matcher, node } of byText.values()) {
        if (matcher.test(text)) found[count++] = node;
      }
    }
    return count;
  }
}

function inner<K, L, V>(outer: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let there = outer.get(key);
  if (there === undefined) {
    there = new Map();
    outer.set(key, there);
  }
  return there;
}
