import type { Delivery } from './messages.ts';
import type { ModelReader } from './model-reader.ts';

/** Asynchronous handlers that have not settled, and whose time is not over. */
export function atWork(readers: readonly ModelReader[]): Delivery[] {
  return readers.flatMap(({ running }) =>
    [...running].filter((each) => each.holdsPlace && each.isAsync),
  );
}

/** How many of them may keep one more from starting: none whose request it is, or that waits for one. */
export function hindering({ reader, sent }: Delivery, readers: readonly ModelReader[]): number {
  const { style, kind, once } = reader.spec;
  // What a plain function will return is known when it has.
  if (style !== 'native' || kind === 'loop' || once || sent.nested) return 0;
  return atWork(readers).filter(
    (each) => !each.sent.nested && !each.asked && each.finishing === undefined,
  ).length;
}
