import { BusError } from '@bus/core';

/**
 * Bytes or values that are not what the protocol allows.
 * @param reason - says what is wrong, and where; never holds the bytes themselves.
 */
export function malformed(reason: string, cause?: unknown): BusError {
  return new BusError(
    'WIRE_PROTOCOL_ERROR',
    `a payload breaks the protocol: ${reason}`,
    { reason },
    cause === undefined ? undefined : { cause },
  );
}

/** A payload that holds more than it may. */
export function limitExceeded(limit: string, value: number, allowed: number): BusError {
  return new BusError(
    'WIRE_LIMIT_EXCEEDED',
    `a payload has ${limit} ${value}, and ${allowed} is allowed: send less at once, or raise limits.${limit} at the receiver`,
    { limit, value, allowed },
  );
}

/** A payload of this side that the codec has no bytes for. */
export function notEncodable(reason: string, cause?: unknown): BusError {
  return new BusError(
    'WIRE_PROTOCOL_ERROR',
    `a payload cannot be encoded: ${reason}`,
    { reason },
    cause === undefined ? undefined : { cause },
  );
}
