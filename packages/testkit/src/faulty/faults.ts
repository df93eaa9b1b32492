import { checkOptions, optionInvalid } from '@bus/core';
import type { TransportFeatures } from '@bus/wire';

/** A direction of a connection, as seen from the end that is wrapped. */
export type Direction = 'out' | 'in';

/**
 * What may happen to bytes on their way. Every share is a probability, 0 to 1, and 0 by default; what
 * one `send` was given has each fault or has it not.
 */
export interface Faults {
  /** The least and the most milliseconds that a send travels; order is kept. Default none. */
  readonly delayMs?: readonly [least: number, most: number] | undefined;
  /** Of sends that are dropped. Breaks the promise of every ordered transport. */
  readonly loss?: number | undefined;
  /** Of sends that arrive twice. Breaks it too. */
  readonly duplication?: number | undefined;
  /** Of sends that are overtaken by what was sent up to `delayMs` and 10 ms after. Breaks it too. */
  readonly reorder?: number | undefined;
  /** Of sends that arrive cut in two. For streams, which may do that. */
  readonly split?: number | undefined;
  /** Of sends that arrive joined with the one before, if that is still on its way. For streams. */
  readonly coalesce?: number | undefined;
}

/**
 * What happened in one direction, over all connections. In bytes,
 * `taken + duplicated = passed + dropped + waiting` at any time.
 */
export interface FaultCounts {
  /** Sends taken. */
  readonly sends: number;
  /** Bytes taken. */
  readonly taken: number;
  /** Bytes handed on. */
  readonly passed: number;
  /** Bytes lost: by chance, on a half-open connection, or with a connection that ended. */
  readonly dropped: number;
  /** Bytes made of others by duplication. */
  readonly duplicated: number;
  /** Bytes on their way, or held by a partition. */
  readonly waiting: number;
  /** Sends of which nothing arrives, for whatever reason; a piece of one that was cut counts as one. */
  readonly droppedSends: number;
  /** Sends that others may overtake. */
  readonly reorderedSends: number;
  /** Sends that were cut in two. */
  readonly splitSends: number;
  /** Sends, or pieces of them, that were joined with the one before. */
  readonly coalescedSends: number;
}

/** A {@link FaultCounts} that counts. */
export type Tally = { -readonly [K in keyof FaultCounts]: number };

/** A tally of nothing yet. */
export function newTally(): Tally {
  return {
    sends: 0,
    taken: 0,
    passed: 0,
    dropped: 0,
    duplicated: 0,
    waiting: 0,
    droppedSends: 0,
    reorderedSends: 0,
    splitSends: 0,
    coalescedSends: 0,
  };
}

const shares = ['loss', 'duplication', 'reorder', 'split', 'coalesce'] as const;
const known = ['delayMs', ...shares] as const satisfies readonly (keyof Faults)[];

/**
 * The faults, where a transport of these features may have them.
 * @param others - options that may stand beside them.
 * @throws BUS_OPTION_INVALID
 */
export function checkFaults(
  faults: Faults,
  features: TransportFeatures,
  others: readonly string[] = [],
): Faults {
  checkOptions('faultyTransport', faults, [...known, ...others]);
  for (const option of shares) {
    const value = faults[option] ?? 0;
    if (!(value >= 0 && value <= 1)) throw optionInvalid(option, value, 'a probability, 0 to 1');
  }
  const [least, most] = faults.delayMs ?? [0, 0];
  if (!(least >= 0 && most >= least && most < Number.POSITIVE_INFINITY)) {
    throw optionInvalid('delayMs', faults.delayMs, 'the least and the most milliseconds');
  }
  for (const option of ['split', 'coalesce'] as const) {
    if (features.framing === 'message' && (faults[option] ?? 0) > 0) {
      throw optionInvalid(
        option,
        faults[option],
        'it to a stream only: messages keep their boundaries',
      );
    }
  }
  return faults;
}
