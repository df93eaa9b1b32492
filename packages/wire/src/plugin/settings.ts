import type { Host } from '@bus/core';
import { busError, checkOptions, optionInvalid } from '@bus/core';
import { fullBatchBytes } from '../frames/frames.ts';
import type { Heartbeat } from '../link/peer.ts';
import type {
  BatchingOptions,
  Given,
  LinkLimits,
  LinkOptions,
  ReconnectOptions,
} from './options.ts';

/** `idleMs` is never below a given `intervalMs`. */
export const defaultHeartbeat: Heartbeat = {
  intervalMs: 1000,
  idleMs: 1000,
  suspectMs: 2500,
  downMs: 5000,
};
const defaultReconnect: ReconnectOptions = { baseMs: 50, factor: 2, maxMs: 750 };

/** Beside its payload, a frame may hold a few messages and the headers of this one. */
const frameOverhead = 128 * 1024;

/** Objects of this size pass within a bus, and so pass here. */
const largePayload = 16 << 20;

/** Those of frames have the size of the bus's payloads. */
const defaultLimits: Omit<LinkLimits, 'frameBytes'> = {
  depth: 128,
  nodes: 1 << 20,
  mapEntries: 1 << 17,
  windowMessages: 16_384,
  windowBytes: 4 << 20,
  interests: 10_000,
  pendingRequests: 1024,
  unacknowledged: 4096,
  outboxBytes: 16 << 20,
  helloMs: 5000,
  connections: 1024,
  pendingConnections: 100,
  attemptsPerSecond: 20,
};

/** Options of every transport, which a user may have misspelled. */
const known = [
  'receive',
  'send',
  'relay',
  'credentials',
  'authenticate',
  'authorize',
  'token',
  'trusted',
  'codec',
  'batching',
  'heartbeat',
  'reconnect',
  'limits',
] as const satisfies readonly (keyof LinkOptions)[];

/** The names of 0.1, which were read the wrong way round; taken for one version more. */
const former = {
  export: ['receive', 'what this bus takes from the peer'],
  import: ['send', 'what this bus sends to the peer'],
} as const;

/**
 * Gives options of 0.1 the names they have now.
 * @returns the options, and a line for the log about each that was renamed.
 * @throws BUS_OPTION_INVALID where both names are given.
 */
export function renamed(
  where: string,
  options: LinkOptions,
): { readonly options: LinkOptions; readonly advice: readonly string[] } {
  const { ...now } = options as Record<string, unknown>;
  const advice: string[] = [];
  for (const [name, [today, meaning]] of Object.entries(former)) {
    const value = now[name];
    delete now[name];
    if (value === undefined) continue;
    const text = `${where} has no option '${name}' any more: list ${meaning} in '${today}'`;
    if (now[today] !== undefined) {
      throw busError('BUS_OPTION_INVALID', text, { option: name, value: 'given' });
    }
    now[today] = value;
    advice.push(text);
  }
  return { options: advice.length === 0 ? options : now, advice };
}

/** The same of options that have parts. */
const knownParts = {
  limits: ['frameBytes', ...Object.keys(defaultLimits)],
  heartbeat: ['intervalMs', 'idleMs', 'suspectMs', 'downMs'] satisfies (keyof Heartbeat)[],
  reconnect: ['baseMs', 'factor', 'maxMs'] satisfies (keyof ReconnectOptions)[],
  batching: ['bytes', 'waitMs'] satisfies (keyof BatchingOptions)[],
};

/** The options with every default filled in. */
export function limitsOf(options: LinkOptions, host: Host): LinkLimits {
  const frameBytes = Math.max(host.limits.payloadBytes, largePayload) + frameOverhead;
  return filled({ frameBytes, ...defaultLimits }, options.limits);
}

export function heartbeatOf({ heartbeat }: LinkOptions): Heartbeat {
  const idleMs = Math.max(defaultHeartbeat.idleMs, heartbeat?.intervalMs ?? 0);
  return filled({ ...defaultHeartbeat, idleMs }, heartbeat);
}

export function batchingOf({ batching }: LinkOptions): BatchingOptions {
  return filled({ bytes: fullBatchBytes, waitMs: 0 }, batching);
}

export function reconnectOf(options: LinkOptions): ReconnectOptions {
  return filled(defaultReconnect, options.reconnect);
}

function filled<T extends object>(defaults: T, given: Given<T> | undefined): T {
  const said = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(said) };
}

/**
 * Checks what can be checked before there is a bus.
 * @param where - names the transport in errors.
 * @throws BUS_OPTION_INVALID
 */
export function checkLinkOptions(where: string, options: LinkOptions): void {
  checkOptions(where, options, known);
  for (const [part, names] of Object.entries(knownParts)) {
    const given = options[part as keyof typeof knownParts];
    if (given !== undefined) checkOptions(part, given, names);
  }
  for (const part of ['limits', 'heartbeat', 'reconnect'] as const) {
    for (const [name, value] of Object.entries(options[part] ?? {})) {
      if (value === undefined || (typeof value === 'number' && value > 0)) continue;
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
  for (const part of ['receive', 'send'] as const) {
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

/** @throws BUS_OPTION_INVALID where the times do not rise */
export function checkHeartbeat({ intervalMs, idleMs, suspectMs, downMs }: Heartbeat): void {
  const rise = 0 < intervalMs && intervalMs < suspectMs && suspectMs < downMs;
  if (rise && intervalMs <= idleMs) return;
  throw optionInvalid(
    'heartbeat',
    `${intervalMs}/${idleMs}/${suspectMs}/${downMs}`,
    '0 < intervalMs < suspectMs < downMs, and intervalMs <= idleMs',
  );
}
