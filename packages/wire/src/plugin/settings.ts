import type { Heartbeat, Host } from '@bus/core';
import { optionInvalid } from '@bus/core';
import { fullBatchBytes } from '../frames/frames.ts';
import type { BatchingOptions, LinkLimits, LinkOptions, ReconnectOptions } from './options.ts';

const defaultHeartbeat: Heartbeat = { intervalMs: 1000, suspectMs: 2500, downMs: 5000 };
const defaultReconnect: ReconnectOptions = { baseMs: 50, factor: 2, maxMs: 750 };

/** Beside its payload, a frame may hold a few messages and the headers of this one. */
const frameOverhead = 128 * 1024;

function defaultLimits(host: Host): LinkLimits {
  return {
    depth: 32,
    nodes: 16_384,
    mapEntries: 4096,
    frameBytes: host.limits.payloadBytes + frameOverhead,
    windowMessages: 16_384,
    windowBytes: 4 << 20,
    interests: 1000,
    pendingRequests: 1024,
    unacknowledged: 4096,
    outboxBytes: 16 << 20,
    helloMs: 5000,
    connections: 1024,
    pendingConnections: 100,
    attemptsPerSecond: 20,
  };
}

/** The options with every default filled in. */
export function limitsOf(options: LinkOptions, host: Host): LinkLimits {
  return { ...defaultLimits(host), ...options.limits };
}

export function heartbeatOf(options: LinkOptions): Heartbeat {
  return { ...defaultHeartbeat, ...options.heartbeat };
}

export function batchingOf({ batching }: LinkOptions): BatchingOptions {
  return { bytes: fullBatchBytes, waitMs: 0, ...batching };
}

export function reconnectOf(options: LinkOptions): ReconnectOptions {
  return { ...defaultReconnect, ...options.reconnect };
}

/**
 * Checks what can be checked before there is a bus.
 * @throws BUS_OPTION_INVALID
 */
export function checkOptions(options: LinkOptions): void {
  for (const part of ['limits', 'heartbeat', 'reconnect'] as const) {
    for (const [name, value] of Object.entries(options[part] ?? {})) {
      if (typeof value === 'number' && value > 0) continue;
      throw optionInvalid(`${part}.${name}`, value, 'a number above 0');
    }
  }
  const { bytes, waitMs } = batchingOf(options);
  if (!(bytes >= 1 && bytes <= fullBatchBytes)) {
    throw optionInvalid('batching.bytes', bytes, `a number from 1 to ${fullBatchBytes}`);
  }
  if (!(waitMs >= 0 && waitMs < Number.POSITIVE_INFINITY)) {
    throw optionInvalid('batching.waitMs', waitMs, 'a number of milliseconds');
  }
  for (const part of ['export', 'import'] as const) {
    const list: unknown = options[part];
    if (list === undefined) continue;
    if (Array.isArray(list) && list.every((pattern) => typeof pattern === 'string')) continue;
    throw optionInvalid(part, list, "a list of patterns, such as ['orders.**']");
  }
  for (const part of ['authenticate', 'authorize'] as const) {
    const value: unknown = options[part];
    if (value === undefined || typeof value === 'function') continue;
    throw optionInvalid(part, value, 'a function');
  }
  const { token } = options as { readonly token?: unknown };
  if (token !== undefined && (typeof token !== 'string' || token === '')) {
    throw optionInvalid('token', '…', 'a text that is not empty');
  }
  checkHeartbeat(heartbeatOf(options));
}

/** @throws BUS_OPTION_INVALID where the three do not rise */
export function checkHeartbeat({ intervalMs, suspectMs, downMs }: Heartbeat): void {
  if (!(0 < intervalMs && intervalMs < suspectMs && suspectMs < downMs)) {
    throw optionInvalid(
      'heartbeat',
      `${intervalMs}/${suspectMs}/${downMs}`,
      '0 < intervalMs < suspectMs < downMs',
    );
  }
}
