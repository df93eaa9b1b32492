import type { Env } from './env.ts';
import type { Logger } from './log.ts';
import type { Overflow } from './mailbox.ts';
import { atLeast, methodOption, oneOf, stringOption } from './option-checks.ts';

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
