import type { Headers, Priority, Stamp } from '@bus/core';
import { noBytes } from '../frames/memory.ts';

/** A name as the peer has told it. */
export interface ReceivedName {
  readonly text: string;
  /** By interest, whether its messages may be on this topic. */
  permitted: Map<object, boolean> | undefined;
}

/** The fields of the message being read; one object for all, valid until the next is read. */
export interface ReadMessage {
  interest: number;
  topic: ReceivedName;
  /** Which fields it has beyond the plain ones. */
  flags: number;
  source: string | undefined;
  idPrefix: string | undefined;
  sequence: number;
  hops: number;
  stamp: Stamp;
  /** Milliseconds left. */
  remainingMs: number | undefined;
  key: string | undefined;
  headers: Headers | undefined;
  correlationId: string | undefined;
  priority: Priority;
  attempt: number;
  replyTo: string | undefined;
  id: string | undefined;
  missed: number;
  /** Where its payload lies. */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** What the whole record takes. */
  size: number;
}

/** What no message has been read into yet. */
export function blankMessage(): ReadMessage {
  return {
    interest: 0,
    topic: { text: '', permitted: undefined },
    flags: 0,
    source: undefined,
    idPrefix: undefined,
    sequence: 0,
    hops: 0,
    stamp: { now: 0, wall: 0 },
    remainingMs: undefined,
    key: undefined,
    headers: undefined,
    correlationId: undefined,
    priority: 'normal',
    attempt: 1,
    replyTo: undefined,
    id: undefined,
    missed: 0,
    bytes: noBytes,
    start: 0,
    end: 0,
    size: 0,
  };
}
