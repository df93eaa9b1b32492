import type { Segment } from './glob-pattern.ts';
import type { Leaf, Shared } from './leaf.ts';
import { collect, withEntry, withoutEntry } from './leaf.ts';
import { TrieNode } from './trie-node.ts';

/**
 * Finds what was added under patterns that match a topic. Patterns of text only are one look-up in a
 * map; the others are a tree by segment, in which a topic is followed along all its ways at once. A
 * node is live at most once for each segment, so that a look-up takes at most segments times nodes
 * whatever the patterns are.
 */
export class PatternTrie<T extends object> {
  readonly #exact = new Map<string, Leaf<T>>();
  readonly #root = new TrieNode<T>('', false);
  /** The nodes reached by the segments so far, and by one more. Kept, so that matching allocates nothing. */
  #live: TrieNode<T>[] = [this.#root];
  #next: TrieNode<T>[] = [];
  #count = 0;
  readonly #complexFound: TrieNode<T>[] = [];
  #match = 0;

  add(segments: readonly Segment[], pattern: string, entry: T | Shared<T>): void {
    const text = literalText(segments, pattern);
    if (text !== undefined) {
      this.#exact.set(text, withEntry(this.#exact.get(text), entry));
      return;
    }
    let node = this.#root;
    for (const segment of segments) node = node.child(segment) ?? node.addChild(segment);
    node.leaf = withEntry(node.leaf, entry);
  }

  remove(segments: readonly Segment[], pattern: string, entry: T | Shared<T>): void {
    const text = literalText(segments, pattern);
    if (text === undefined) {
      this.#removeBelow(this.#root, segments, 0, entry);
      return;
    }
    const left = withoutEntry(this.#exact.get(text), entry);
    if (left === undefined) this.#exact.delete(text);
    else this.#exact.set(text, left);
  }

  /** Takes an entry out, and the nodes that then lead nowhere. */
  #removeBelow(
    node: TrieNode<T>,
    segments: readonly Segment[],
    at: number,
    entry: T | Shared<T>,
  ): void {
    const segment = segments[at];
    if (segment === undefined) {
      node.leaf = withoutEntry(node.leaf, entry);
      return;
    }
    const child = node.child(segment);
    if (child === undefined) return;
    this.#removeBelow(child, segments, at + 1, entry);
    if (child.empty) node.removeChild(segment);
  }

  /** Adds everything that matches to `found`, each once. */
  match(topic: string, found: T[]): void {
    const match = ++this.#match;
    collect(this.#exact.get(topic), found, match);
    const root = this.#root;
    if (root.empty) return;
    const before = found.length;
    this.#count = 0;
    this.#reach(root, false, found);
    let start = 0;
    for (;;) {
      const live = this.#next;
      const count = this.#count;
      if (count === 0) break;
      this.#next = this.#live;
      this.#live = live;
      this.#count = 0;
      const dot = topic.indexOf('.', start);
      const last = dot < 0;
      const text = topic.substring(start, last ? topic.length : dot);
      if (text === '') break;
      for (let i = 0; i < count; i++) {
        const node = live[i];
        if (node !== undefined) this.#follow(node, text, last, found);
      }
      if (last) return;
      start = dot + 1;
    }
    // A '**' counts as soon as it is reached, but a topic with an empty segment matches nothing.
    if (found.length > before && hasEmptySegment(topic, start)) found.length = before;
  }

  #follow(node: TrieNode<T>, text: string, last: boolean, found: T[]): void {
    const literal = node.literal(text);
    if (literal !== undefined) this.#reach(literal, last, found);
    const { one, complex } = node;
    if (one !== undefined) this.#reach(one, last, found);
    if (complex !== undefined) {
      const matching = this.#complexFound;
      const count = complex.find(text, matching);
      for (let i = 0; i < count; i++) {
        const child = matching[i];
        if (child !== undefined) this.#reach(child, last, found);
      }
    }
    if (node.many && !last) this.#next[this.#count++] = node;
  }

  /** Makes a node live, or collects what ends there with the topic; so too a `**` after it. */
  #reach(node: TrieNode<T>, last: boolean, found: T[]): void {
    if (last) collect(node.leaf, found, this.#match);
    else if (node.leadsOn) this.#next[this.#count++] = node;
    const many = node.manyChild;
    if (many === undefined || many.reached === this.#match) return;
    many.reached = this.#match;
    // Whatever follows, it matches.
    collect(many.leaf, found, this.#match);
    if (!last && many.leadsOn) this.#next[this.#count++] = many;
  }
}

function hasEmptySegment(topic: string, start: number): boolean {
  return topic.includes('..', start - 1) || /^\.|\.$|^$/.test(topic);
}

/** The one topic a pattern of text only matches; the pattern itself if it can be, to save memory. */
function literalText(segments: readonly Segment[], pattern: string): string | undefined {
  if (segments.some((segment) => segment.kind !== 'literal')) return undefined;
  const text = segments.map((segment) => segment.text).join('.');
  return text === pattern ? pattern : text;
}
