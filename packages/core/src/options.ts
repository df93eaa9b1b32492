import type { Env } from './env.ts';
import type { Logger } from './log.ts';
import type { Overflow } from './mailbox.ts';
import { atLeast, methodOption, oneOf, stringOption } from './option-checks.ts';

/** Bounds on what one message may be and on how much runs at once; each at least 1. */
export interface Limits {
  /** Characters in a topic; default 256. */
  readonly topicLength: number;
  /** Segments in a topic; default 32. */
  readonly segments: number;
  /**
   * Bytes of a payload; default 1 MiB. Strings, by their length, and binary payloads are measured when
   * sent, objects when a link encodes them.
   */
  readonly payloadBytes: number;
  /** Characters of a message's header names and values together; default 8,192. */
  readonly headerBytes: number;
  /** Links a message may cross; default 8. */
  readonly hops: number;
  /**
   * Handlers whose promise has not settled, over the whole bus; more messages wait in their mailboxes.
   * Default 1,000.
   */
  readonly inFlight: number;
}

/** What `createBus` takes; every field may be left out. */
export interface BusOptions {
  /** Names this bus to others; random by default. */
  readonly id?: string;
  /**
   * Clock, timers, randomness and async context; default {@link platformEnv}. For tests, a
   * virtual one.
   */
  readonly env?: Env;
  /**
   * Gets a warning for errors that nobody may be watching, at most one a second for each code;
   * default `console`.
   */
  readonly log?: Logger;
  /** Milliseconds each plugin may take to start, and to stop; at least 1, default 10,000. */
  readonly startTimeoutMs?: number;
  /**
   * Deep-freezes local payloads when sent, to find receivers that change them; for development.
   * Default false.
   */
  readonly freezePayloads?: boolean;
  /** Those left out have the defaults that stand with each in {@link Limits}. */
  readonly limits?: Partial<Limits>;
  /** Of endpoints that say nothing themselves; default `{ capacity: 1024, overflow: 'block' }`. */
  readonly mailbox?: { readonly capacity?: number; readonly overflow?: Overflow };
  /** Milliseconds for a request, and for one handler run, that give none; default 30,000. */
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
