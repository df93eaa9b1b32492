import type { MessageFields, MessageKind, MessageTraits, Stamp } from '@bus/core';
import type { IncomingEvent } from './incoming-event.ts';
import type { IncomingRequest } from './incoming-request.ts';
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

  constructor(
    reading: PayloadReading,
    bytes: { readonly bytes: Uint8Array; readonly start: number; readonly end: number },
    kind: MessageKind,
    topic: string,
    traits: MessageTraits | MessageFields,
    sequence: number,
    stamp: Stamp,
    size: number,
    completion: IncomingRequest | IncomingEvent | undefined,
    scatter: boolean,
    repeated: ReceivedPayload | undefined,
  ) {
    super(reading, bytes.bytes, bytes.start, bytes.end);
    this.kind = kind;
    this.topic = topic;
    this.traits = traits;
    this.sequence = sequence;
    this.stamp = stamp;
    this.size = size;
    this.completion = completion;
    this.scatter = scatter;
    this.payload = repeated ?? this;
  }

  /** The same message, for another interest. */
  again(
    size: number,
    traits: MessageTraits | MessageFields = this.traits,
    event?: IncomingEvent,
  ): ReceivedMessage {
    const { reading, buffer, start, end, kind, topic, sequence, stamp } = this;
    const bytes = { bytes: buffer, start, end };
    const { payload } = this;
    return new ReceivedMessage(
      reading,
      bytes,
      kind,
      topic,
      traits,
      sequence,
      stamp,
      size,
      event,
      false,
      payload,
    );
  }
}
