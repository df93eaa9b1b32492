import type { BusError } from '@bus/core';
import { busError } from '@bus/core';

/** The codes this plugin adds, with what each says in `details`. */
export interface HealthErrorCodes {
  /** Every handler of the topic has failed too often of late. */
  HEALTH_BREAKER_OPEN: {
    /** What was asked for. */
    readonly topic: string;
    /** The best of them, by name or id. */
    readonly endpoint: string;
    /** Milliseconds until it is tried again; 0 where it is being tried. */
    readonly retryMs: number;
  };
  /** The peers of all handlers of the topic, or the peer that was pinged, show no sign of life. */
  HEALTH_ENDPOINT_UNHEALTHY: {
    /** Undefined for a ping. */
    readonly topic: string | undefined;
    /** Its bus id. */
    readonly peer: string;
  };
}

// In the public types by way of the interface above: a bundler of types drops what nothing refers to.
declare module '@bus/core' {
  interface BusErrorCodes extends HealthErrorCodes {}
}

/** Everybody who could answer has an open breaker, or is being tried. */
export function breakerOpen(topic: string, endpoint: string, retryMs: number): BusError {
  const when = retryMs > 0 ? `it is tried again in ${Math.ceil(retryMs)} ms` : 'it is being tried';
  return busError(
    'HEALTH_BREAKER_OPEN',
    `no healthy handler of '${topic}': ${endpoint} has failed too often, ${when}; see bus.health.check()`,
    { topic, endpoint, retryMs },
  );
}

/** Everybody who could answer is at a peer that is suspect. */
export function peerSilent(topic: string, peer: string): BusError {
  return busError(
    'HEALTH_ENDPOINT_UNHEALTHY',
    `no healthy handler of '${topic}': its peer '${peer}' is silent; ask again later, or add a handler elsewhere`,
    { topic, peer },
  );
}

/** A ping came to nothing; `why` ends the sentence that begins with the peer. */
export function noSignOfLife(peer: string, why: string, cause?: unknown): BusError {
  return busError(
    'HEALTH_ENDPOINT_UNHEALTHY',
    `peer '${peer}' ${why}`,
    { topic: undefined, peer },
    cause,
  );
}
