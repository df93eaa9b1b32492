import type { Delivery } from './messages.ts';
import type { ModelReader } from './model-reader.ts';

/** Something that ends by itself. */
export interface Due {
  readonly delivery: Delivery;
  readonly at: number;
  /** The handler's time is over, and not only its message's. */
  readonly isLimit: boolean;
}

/** All that time will end, if nothing else does before. */
export function dueOf(readers: readonly ModelReader[]): Due[] {
  return readers.flatMap(({ waiting, blocked, running }) =>
    [...waiting, ...blocked, ...running].flatMap((delivery) => {
      const { state, limit, holdsPlace, isAsync, sent } = delivery;
      const limits = holdsPlace && isAsync ? [{ delivery, at: limit, isLimit: true }] : [];
      const deadlines = state === 'ended' ? [] : [{ delivery, at: sent.deadline, isLimit: false }];
      return [...deadlines, ...limits];
    }),
  );
}
