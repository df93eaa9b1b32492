import * as fc from 'fast-check';
import type { Balance, MessageKind, Overflow, Priority } from '../../src/index.ts';

/** How a handler deals with a message: at once or later, well or badly, or never. */
export type Manner =
  | 'return'
  | 'throw'
  | 'resolve'
  | 'reject'
  | 'later'
  | 'laterFail'
  | 'hang'
  | 'echo';

export interface SubscribeOperation {
  readonly type: 'subscribe';
  readonly topic: string;
  readonly kind: 'subscriber' | 'handler';
  readonly overflow: Overflow;
  readonly capacity: number;
  readonly concurrency: number;
  readonly priority: number;
  readonly timeoutMs: number;
  readonly balance: Balance & string;
  readonly group: string | undefined;
  readonly manners: readonly Manner[];
}

export interface SendOperation {
  readonly type: 'send';
  readonly kind: MessageKind;
  readonly topic: string;
  readonly priority: Priority;
  readonly key: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly cancellable: boolean;
  readonly told: boolean;
}

export type Operation =
  | SubscribeOperation
  | SendOperation
  | { readonly type: 'cancel' | 'unsubscribe' | 'drain' | 'pause' | 'resume'; readonly at: number }
  | { readonly type: 'advance'; readonly ms: number };

const topic = fc.constantFrom('a', 'a', '__proto__');
const at = fc.nat(50);

const subscribe: fc.Arbitrary<SubscribeOperation> = fc.record({
  type: fc.constant('subscribe' as const),
  topic,
  kind: fc.constantFrom('subscriber', 'handler'),
  overflow: fc.constantFrom('block', 'error'),
  capacity: fc.integer({ min: 1, max: 4 }),
  concurrency: fc.constantFrom(1, 1, 2, 5),
  priority: fc.integer({ min: 0, max: 1 }),
  timeoutMs: fc.constantFrom(20, 100, Number.POSITIVE_INFINITY),
  balance: fc.constantFrom('round-robin', 'least-pending', 'sticky'),
  group: fc.constantFrom(undefined, undefined, 'g'),
  manners: fc.array(
    fc.constantFrom<Manner>(
      'return',
      'throw',
      'resolve',
      'reject',
      'later',
      'laterFail',
      'hang',
      'echo',
    ),
    { minLength: 1, maxLength: 5 },
  ),
});

const send: fc.Arbitrary<SendOperation> = fc.record({
  type: fc.constant('send' as const),
  kind: fc.constantFrom('event', 'event', 'notification', 'request'),
  topic,
  priority: fc.constantFrom('normal', 'normal', 'low', 'high'),
  key: fc.constantFrom(undefined, 'k', 'l', '__proto__'),
  timeoutMs: fc.constantFrom(undefined, undefined, 0, 5, 50),
  cancellable: fc.boolean(),
  told: fc.boolean(),
});

const target = fc.record({
  type: fc.constantFrom('cancel', 'unsubscribe', 'drain', 'pause', 'resume', 'resume'),
  at,
});

const advance = fc.record({
  type: fc.constant('advance' as const),
  ms: fc.constantFrom(0, 1, 10, 60),
});

/** Any sequence of what users, peers and time may do to a bus, somebody being there to begin with. */
export const operations: fc.Arbitrary<readonly Operation[]> = fc
  .tuple(
    fc.array(subscribe, { minLength: 1, maxLength: 3 }),
    fc.array(
      fc.oneof(
        { weight: 2, arbitrary: subscribe },
        { weight: 14, arbitrary: send },
        { weight: 4, arbitrary: target },
        { weight: 3, arbitrary: advance },
      ),
      { maxLength: 60, size: 'max' },
    ),
  )
  .map(([first, rest]) => [...first, ...rest]);
