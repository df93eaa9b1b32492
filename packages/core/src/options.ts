import type { Env } from './env.ts';
import type { BusError } from './errors.ts';
import { busError, textOf } from './errors.ts';
import type { Logger } from './log.ts';
import type { Overflow } from './mailbox.ts';

/** Bounds on what one message may be and on how much runs at once. */
export interface Limits {
  /** Characters in a topic. */
  readonly topicLength: number;
  readonly segments: number;
  /** Strings and binary payloads are measured; objects are when a link encodes them. */
  readonly payloadBytes: number;
  /** Names and values of a message's headers together. */
  readonly headerBytes: number;
  /** Links a message may cross. */
  readonly hops: number;
  /** Handlers running at once, over the whole bus; more wait in their mailboxes. */
  readonly inFlight: number;
}

/** What `createBus` takes; every field may be left out. */
export interface BusOptions {
  /** Names this bus to others; random by default. */
  readonly id?: string;
  readonly env?: Env;
  readonly log?: Logger;
  /** For each plugin; default 10,000. */
  readonly startTimeoutMs?: number;
  /** Deep-freezes local payloads when sent, to find receivers that change them; for development. */
  readonly freezePayloads?: boolean;
  readonly limits?: Partial<Limits>;
  /** What a mailbox has where its endpoint says nothing. */
  readonly mailbox?: { readonly capacity?: number; readonly overflow?: Overflow };
  /** The deadline of a request and of one handler run that give none; default 30,000. */
  readonly defaultTimeoutMs?: number;
}

const defaultLimits: Limits = {
  topicLength: 256,
  segments: 32,
  payloadBytes: 1 << 20,
  headerBytes: 8 << 10,
  hops: 8,
  inFlight: 1000,
};

export const overflows: readonly Overflow[] = [
  'block',
  'drop-oldest',
  'drop-newest',
  'latest',
  'error',
];

/** The options with every default filled in. */
export interface Settings {
  readonly limits: Limits;
  readonly startTimeoutMs: number;
  readonly freezePayloads: boolean;
  readonly capacity: number;
  readonly overflow: Overflow;
  readonly defaultTimeoutMs: number;
}

/** @throws BUS_OPTION_INVALID */
export function settingsOf(options: BusOptions): Settings {
  stringOption('id', options.id);
  methodOption('env', options.env, 'setTimer', 'an Env, such as platformEnv() makes');
  methodOption('log', options.log, 'warn', 'a logger, such as console');
  const limits = { ...defaultLimits, ...options.limits };
  for (const [name, value] of Object.entries(limits)) atLeast(1, `limits.${name}`, value);
  const { capacity = 1024, overflow = 'block' } = options.mailbox ?? {};
  return {
    limits,
    startTimeoutMs: atLeast(1, 'startTimeoutMs', options.startTimeoutMs ?? 10_000),
    freezePayloads: options.freezePayloads ?? false,
    capacity: atLeast(1, 'mailbox.capacity', capacity),
    overflow: oneOf(overflows, 'mailbox.overflow', overflow),
    defaultTimeoutMs: atLeast(0, 'defaultTimeoutMs', options.defaultTimeoutMs ?? 30_000),
  };
}

/** Refuses what is no number of at least `least`. */
export function atLeast(least: number, option: string, value: unknown): number {
  if (typeof value === 'number' && value >= least) return value;
  throw optionInvalid(option, value, `a number of at least ${least}`);
}

/** Refuses what is none of `choices`. */
export function oneOf<T extends string>(choices: readonly T[], option: string, value: unknown): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw optionInvalid(option, value, `one of ${choices.join(', ')}`);
}

/** Refuses what is given and no string. */
export function stringOption(option: string, value: unknown): void {
  if (value != null && typeof value !== 'string') throw optionInvalid(option, value, 'a string');
}

/** Refuses what is given and lacks the method that makes it what is wanted. */
function methodOption(option: string, value: unknown, method: string, wanted: string): void {
  if (value == null) return;
  if (typeof (value as Record<string, unknown>)[method] !== 'function') {
    throw optionInvalid(option, value, wanted);
  }
}

export function signalOption(value: unknown): void {
  methodOption('signal', value, 'addEventListener', 'an AbortSignal');
}

export function optionInvalid(option: string, value: unknown, wanted: string): BusError {
  const shown = typeof value === 'string' ? `'${value}'` : textOf(value);
  return busError('BUS_OPTION_INVALID', `option '${option}' is ${shown}: give ${wanted}`, {
    option,
    value: shown,
  });
}
