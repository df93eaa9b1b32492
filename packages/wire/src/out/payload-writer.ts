import type { BusError } from '@bus/core';
import { busError } from '@bus/core';
import { ReceivedPayload } from '../in/received-payload.ts';
import type { Outlet } from './written.ts';

/**
 * Writes a payload: encoded, or the bytes as they came where it is from another link of this codec.
 * @param topic - what the error calls it by, if it is too large.
 * @throws BUS_PAYLOAD_TOO_LARGE, and what the codec throws
 */
export function appendPayload(
  { outbox, codec, payloadLimit, peerLimits }: Outlet,
  payload: unknown,
  topic: string,
): void {
  if (payload === undefined) return;
  let bytes: Uint8Array;
  if (payload instanceof ReceivedPayload) {
    const isSame = payload.reading.codec.name === codec.name || payload.isNothing;
    bytes = isSame ? payload.passedOn(peerLimits) : codec.encode(payload.value(), peerLimits);
  } else bytes = codec.encode(payload, peerLimits);
  if (bytes.length > payloadLimit) throw tooLarge(topic, bytes.length, payloadLimit);
  outbox.append(bytes);
}

/** What has so many bytes does not fit into a frame that the peer takes. */
export function tooLarge(topic: string, bytes: number, limit: number): BusError {
  return busError(
    'BUS_PAYLOAD_TOO_LARGE',
    `the payload of ${topic} has ${bytes} bytes encoded, and the peer takes ${limit}: send a reference, or raise limits.frameBytes there`,
    { topic, bytes, limit },
  );
}
