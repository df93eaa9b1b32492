import type { BusError } from '@bus/core';
import { busError } from '@bus/core';

/** The codes this plugin adds, with what each says in `details`. */
export interface CorrelationErrorCodes {
  /** No reply came in time. */
  CORRELATION_TIMEOUT: { readonly topic: string; readonly timeoutMs: number };
  /** The peer that had the request was lost. `isLost` tells plugins that do not know this code. */
  CORRELATION_PEER_GONE: {
    readonly topic: string;
    readonly peer: string;
    readonly isLost?: boolean;
  };
  /** The caller's correlation id is one that still waits for its reply. */
  CORRELATION_DUPLICATE_ID: { readonly topic: string; readonly correlationId: string };
}

// In the public types by way of the interface above: a bundler of types drops what nothing refers to.
declare module '@bus/core' {
  interface BusErrorCodes extends CorrelationErrorCodes {}
}

/** The asker waited long enough. */
export function timeoutError(topic: string, timeoutMs: number, cause: unknown): BusError {
  return busError(
    'CORRELATION_TIMEOUT',
    `no reply on '${topic}' within ${timeoutMs} ms, or the rest of its parent's time: see whether the handler is slow or busy, or allow more`,
    { topic, timeoutMs },
    cause,
  );
}

/** The asker aborted a request that the kernel had not got yet. */
export function cancelledError(topic: string, reason: unknown): BusError {
  const text = `the request on '${topic}' was cancelled by its sender`;
  return busError('BUS_CANCELLED', text, { topic }, reason);
}

/** The bus stopped while a `send` tap kept the request. */
export function closedError(topic: string): BusError {
  const text = `the request on '${topic}' was sent, but the bus is stopping`;
  return busError('BUS_CLOSED', text, { state: 'stopping', topic });
}

export function duplicateId(topic: string, correlationId: string): BusError {
  return busError(
    'CORRELATION_DUPLICATE_ID',
    `a request on '${topic}' has correlation id '${correlationId}', which still waits for its reply: leave the id out, or wait`,
    { topic, correlationId },
  );
}
