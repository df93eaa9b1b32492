import type { MessageFields, MessageKind, MessageTraits, Stamp } from '@bus/core';
import { noBytes } from '../frames/memory.ts';
import type { IncomingEvent } from './incoming-event.ts';
import type { IncomingRequest } from './incoming-request.ts';
import type { ReadMessage } from './read-message.ts';
import type { PayloadReading } from './received-payload.ts';
import { ReceivedPayload } from './received-payload.ts';

/** A message that has come in, ready for the kernel. It is its own payload, to be one object. */
export class ReceivedMessage extends ReceivedPayload {
  readonly kind: MessageKind;
  readonly topic: string;
  readonly traits: MessageTraits | MessageFields;
  readonly sequence: number;
  readonly stamp: Stamp;
  /** Who answers it, where its sender is to be told. */
  readonly completion: IncomingRequest | IncomingEvent | undefined;
  /** A request for each of its targets. */
  readonly scatter: boolean;
  /** What it counts in the window. */
  readonly size: number;
  /** Its own bytes, or the message's that it repeats: then both are decoded once. */
  readonly payload: ReceivedPayload;

  /** @param repeated - the same message for another interest, if that came in. */
  constructor(
    reading: PayloadReading,
    { bytes, start, end, topic, sequence, stamp, size }: ReadMessage,
    kind: MessageKind,
    traits: MessageTraits | MessageFields,
    completion: IncomingRequest | IncomingEvent | undefined,
    scatter: boolean,
    repeated: ReceivedMessage | undefined,
  ) {
    super(reading, repeated === undefined ? bytes : noBytes, start, end);
    this.kind = kind;
    this.topic = topic.text;
    this.traits = traits;
    this.sequence = sequence;
    this.stamp = stamp;
    this.size = size;
    this.completion = completion;
    this.scatter = scatter;
    this.payload = repeated?.payload ?? this;
  }
}
