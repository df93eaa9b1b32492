/**
 * A value that stands at several leaves, because its pattern has several alternatives: found once a
 * match, however many of them match.
 */
export class Shared<T extends object> {
  readonly value: T;
  /** The match that found it last. */
  found = 0;

  constructor(value: T) {
    this.value = value;
  }
}

type Entry<T extends object> = T | Shared<T>;

/** What ends at one place of the index: mostly one value, so that few places need a set. */
export type Leaf<T extends object> = Entry<T> | Set<Entry<T>> | undefined;

export function withEntry<T extends object>(leaf: Leaf<T>, entry: Entry<T>): Leaf<T> {
  if (leaf === undefined) return entry;
  if (leaf instanceof Set) return leaf.add(entry);
  return new Set([leaf, entry]);
}

export function withoutEntry<T extends object>(leaf: Leaf<T>, entry: Entry<T>): Leaf<T> {
  if (!(leaf instanceof Set)) return leaf === entry ? undefined : leaf;
  leaf.delete(entry);
  if (leaf.size !== 1) return leaf;
  const [last] = leaf;
  return last;
}

/** Adds what ends at the leaf to `found`; `match` numbers the matches of one index. */
export function collect<T extends object>(leaf: Leaf<T>, found: T[], match: number): void {
  if (leaf === undefined) return;
  if (leaf instanceof Set) {
    for (const entry of leaf) collectEntry(entry, found, match);
  } else {
    collectEntry(leaf, found, match);
  }
}

function collectEntry<T extends object>(entry: Entry<T>, found: T[], match: number): void {
  if (!(entry instanceof Shared)) {
    found.push(entry);
  } else if (entry.found !== match) {
    entry.found = match;
    found.push(entry.value);
  }
}
