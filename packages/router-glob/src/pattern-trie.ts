import type { Segment } from './segment.ts';
import { many } from './segment.ts';
import type { Several } from './several.ts';
import { withItem, withoutItem } from './several.ts';
import { TrieNode } from './trie-node.ts';

/** A value with several places in a trie. A match finds it once. */
export class Repeated<T extends object> {
  readonly value: T;
  /** The last match that found it. */
  found = 0;

  constructor(value: T) {
    this.value = value;
  }
}

export type Entry<T extends object> = T | Repeated<T>;

/**
 * Finds the values whose patterns match a topic. The patterns form a trie by segment. A match follows
 * all paths at once and visits a node at most once per segment of the topic, so its cost is bounded by
 * segments times nodes, whatever the patterns are.
 */
export class PatternTrie<T extends object> {
  readonly #root = new TrieNode<Entry<T>>('');
  /** The nodes reached by the segments so far, and by the next one. Reused, so a match allocates no list. */
  #live: TrieNode<Entry<T>>[] = [];
  #next: TrieNode<Entry<T>>[] = [];
  #match = 0;

  /** Adding an entry twice under the same segments changes nothing. */
  add(segments: readonly Segment[], entry: Entry<T>): void {
    let node = this.#root;
    for (const segment of segments) node = node.child(segment) ?? node.addChild(segment);
    node.values = withItem(node.values, entry);
  }

  remove(segments: readonly Segment[], entry: Entry<T>): void {
    this.#removeBelow(this.#root, segments, 0, entry);
  }

  /** Removes an entry, and the nodes that are empty without it. */
  #removeBelow(
    node: TrieNode<Entry<T>>,
    segments: readonly Segment[],
    at: number,
    entry: Entry<T>,
  ): void {
    const segment = segments[at];
    if (segment === undefined) {
      node.values = withoutItem(node.values, entry);
      return;
    }
    const child = node.child(segment);
    if (child === undefined) return;
    this.#removeBelow(child, segments, at + 1, entry);
    if (child.empty) node.removeChild(segment);
  }

  /** Adds all matching values to `found`. */
  match(topic: string, found: T[]): void {
    const root = this.#root;
    if (root.empty) return;
    const match = ++this.#match;
    const before = found.length;
    let live = this.#live;
    let next = this.#next;
    live[0] = root;
    let count = 1;
    let start = 0;
    for (;;) {
      const dot = topic.indexOf('.', start);
      const text = topic.substring(start, dot < 0 ? topic.length : dot);
      // A topic with an empty segment matches nothing, not even a '**' that was already collected.
      if (text === '') {
        found.length = before;
        return;
      }
      let reached = 0;
      for (let i = 0; i < count; i++) {
        const node = live[i];
        if (node === undefined) continue;
        const child = node.text?.segment === text ? node.text : node.texts?.get(text);
        if (child !== undefined) next[reached++] = child;
        if (node.one !== undefined) next[reached++] = node.one;
        if (node.complex !== undefined) reached = node.complex.find(text, next, reached);
        if (node.segment === many) next[reached++] = node;
        else if (node.many !== undefined && node.many.reached !== match) {
          collectMany(node.many, match, found);
          if (node.many.leadsOn) live[count++] = node.many;
        }
      }
      const passed = live;
      live = next;
      next = passed;
      count = reached;
      start = dot + 1;
      if (dot < 0) break;
      if (count > 0) continue;
      if (found.length > before && hasEmptySegment(topic, start)) found.length = before;
      return;
    }
    for (let i = 0; i < count; i++) {
      const node = live[i];
      if (node === undefined || node.segment === many) continue;
      collect(node.values, match, found);
      if (node.many !== undefined && node.many.reached !== match) {
        collectMany(node.many, match, found);
      }
    }
  }
}

/** Patterns that end in `**` match whatever follows. */
function collectMany<T extends object>(node: TrieNode<Entry<T>>, match: number, found: T[]): void {
  node.reached = match;
  collect(node.values, match, found);
}

function collect<T extends object>(entries: Several<Entry<T>>, match: number, found: T[]): void {
  if (entries === undefined) return;
  if (entries instanceof Set) for (const entry of entries) collectOne(entry, match, found);
  else collectOne(entries, match, found);
}

function collectOne<T extends object>(entry: Entry<T>, match: number, found: T[]): void {
  if (!(entry instanceof Repeated)) {
    found.push(entry);
  } else if (entry.found !== match) {
    entry.found = match;
    found.push(entry.value);
  }
}

/** Whether a segment from `start` on is empty. */
function hasEmptySegment(topic: string, start: number): boolean {
  return topic.startsWith('.', start) || topic.endsWith('.') || topic.includes('..', start);
}
