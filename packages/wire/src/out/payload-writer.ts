import type { BusError } from '@bus/core';
import { busError } from '@bus/core';
import { ReceivedPayload } from '../in/received-payload.ts';
import type { Outlet } from './written.ts';

/**
 * The bytes of a payload: encoded, or as they came where it is from another link of this codec. They
 * may lie in memory that the next encoding overwrites.
 * @param topic - what the error calls it by, if it is too large.
 * @throws BUS_PAYLOAD_TOO_LARGE, and what the codec throws
 */
export function payloadBytes(
  { codec, payloadLimit, peerLimits }: Outlet,
  payload: unknown,
  topic: string,
): Uint8Array {
  let bytes: Uint8Array;
  if (payload instanceof ReceivedPayload) {
    const isSame = payload.reading.codec.name === codec.name || payload.isNothing;
    bytes = isSame ? payload.passedOn(peerLimits) : codec.encode(payload.value(), peerLimits);
  } else bytes = codec.encode(payload, peerLimits);
  if (bytes.length > payloadLimit) throw tooLarge(topic, bytes.length, payloadLimit);
  return bytes;
}

/** What has so many bytes does not fit into a frame that the peer takes. */
export function tooLarge(topic: string, bytes: number, limit: number): BusError {
  return busError(
    'BUS_PAYLOAD_TOO_LARGE',
    `the payload of ${topic} has ${bytes} bytes encoded, and the peer takes ${limit}: send a reference, or raise limits.frameBytes there`,
    { topic, bytes, limit },
  );
}
