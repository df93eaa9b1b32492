/** A collection that is empty or has one item most of the time, and only then needs no set. */
export type Several<T extends object> = T | Set<T> | undefined;

/** Adds an item. Adding it twice changes nothing. */
export function withItem<T extends object>(items: Several<T>, item: T): Several<T> {
  if (items === undefined || items === item) return item;
  if (items instanceof Set) return items.add(item);
  return new Set([items, item]);
}

/** Removes an item. */
export function withoutItem<T extends object>(items: Several<T>, item: T): Several<T> {
  if (!(items instanceof Set)) return items === item ? undefined : items;
  items.delete(item);
  if (items.size !== 1) return items;
  const [last] = items;
  return last;
}
