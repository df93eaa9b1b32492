/** Mostly nothing or one item, so that few places need a set. */
export type Several<T extends object> = T | Set<T> | undefined;

/** The items with one more; adding the same item twice changes nothing. */
export function withItem<T extends object>(items: Several<T>, item: T): Several<T> {
  if (items === undefined || items === item) return item;
  if (items instanceof Set) return items.add(item);
  return new Set([items, item]);
}

/** The items without one of them. */
export function withoutItem<T extends object>(items: Several<T>, item: T): Several<T> {
  if (!(items instanceof Set)) return items === item ? undefined : items;
  items.delete(item);
  if (items.size !== 1) return items;
  const [last] = items;
  return last;
}
