import { optionInvalid } from '@bus/core';
import type { Given, LinkLimits, LinkOptions } from '@bus/wire';

/** What a WebSocket can and cannot do, the same in Node and in browsers. */
export interface WsFeatures {
  /** What one `send` was given arrives as one binary message. */
  readonly framing: 'message';
  /** WebSockets keep the order. */
  readonly ordered: true;
  /** From 256 KiB that wait to leave, until 64 KiB are left. */
  readonly backpressure: true;
  /** A listener can be opened again as well. */
  readonly reconnect: true;
  /** Where the far end's machine has gone without a word, only the link's heartbeat tells. */
  readonly detectsClose: true;
  /** Everything is copied. */
  readonly transfers: false;
  /** What an end with the same `limits.frameBytes` accepts in one message: 64 KiB more than that. */
  readonly maxSendBytes: number;
}

/** Above this much waiting to leave, `send` asks for a pause. */
export const highWaterBytes: number = 256 * 1024;
/** Below this much, the pause ends. */
export const lowWaterBytes: number = 64 * 1024;

// What the wire takes of a bus with default limits.
const frameBytes = (16 * 1024 + 128) * 1024;
const headerRoom = 64 * 1024;
// The `ws` package keeps limits in 32 bits, and what overflows there is no limit at all.
const mostFrameBytes = 1024 * 1024 * 1024;

/** @throws BUS_OPTION_INVALID where a limit would be none. */
export function wholeLimit(
  limits: Given<LinkLimits> | undefined,
  name: 'frameBytes' | 'connections' | 'pendingConnections' | 'helloMs',
  byDefault: number,
  most: number,
): number {
  const value = limits?.[name] ?? byDefault;
  if (!(Number.isFinite(value) && value > 0 && value <= most))
    throw optionInvalid(`limits.${name}`, value, `a number above 0, up to ${most}`);
  return Math.ceil(value);
}

/**
 * Within which the far end must have agreed to a WebSocket: as long as to its hello afterwards.
 * @throws BUS_OPTION_INVALID
 */
export function handshakeMs(options: LinkOptions | undefined): number {
  return wholeLimit(options?.limits, 'helloMs', 5000, 2 ** 31 - 1);
}

/** @throws BUS_OPTION_INVALID */
export function wsFeatures(options: LinkOptions | undefined): WsFeatures {
  const frame = wholeLimit(options?.limits, 'frameBytes', frameBytes, mostFrameBytes);
  return {
    framing: 'message',
    ordered: true,
    backpressure: true,
    reconnect: true,
    detectsClose: true,
    transfers: false,
    maxSendBytes: frame + headerRoom,
  };
}
