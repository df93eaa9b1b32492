import type { Overflow } from './endpoint/endpoint.ts';
import type { Env } from './env.ts';
import { type BusError, busError, type Logger, textOf } from './errors.ts';

/** Bounds on one message and on how much runs at once; each at least 1. */
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
   * A handler that waits for a request of its own does not count. Default 1,000.
   */
  readonly inFlight: number;
}

/** Options of `createBus`; every field may be left out. */
export interface BusOptions {
  /** Names this bus to others; random by default. */
  readonly id?: string | undefined;
  /**
   * Clock, timers, randomness and async context; default {@link platformEnv}. For tests, a
   * virtual one.
   */
  readonly env?: Env | undefined;
  /**
   * Gets a warning for each error that nothing watches: at most one a second for each code and
   * endpoint, with the number of those held back. Default `console`.
   */
  readonly log?: Logger | undefined;
  /** Milliseconds each plugin may take to start, and to stop; at least 0, default 10,000. */
  readonly startTimeoutMs?: number | undefined;
  /**
   * Deep-freezes local payloads when sent, to find receivers that change them; for development.
   * Default false.
   */
  readonly freezePayloads?: boolean | undefined;
  /** Those left out have the default that stands with each in {@link Limits}. */
  readonly limits?: { readonly [Name in keyof Limits]?: Limits[Name] | undefined } | undefined;
  /** For endpoints that say nothing themselves; default `{ capacity: 1024, overflow: 'block' }`. */
  readonly mailbox?:
    | { readonly capacity?: number | undefined; readonly overflow?: Overflow | undefined }
    | undefined;
  /** Milliseconds for a request, and for one handler run, that give none; default 30,000. */
  readonly defaultTimeoutMs?: number | undefined;
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

/** By option, what refuses a wrong value. */
const checks: Record<keyof BusOptions, (option: string, value: unknown) => unknown> = {
  id: stringOption,
  env: (option, value) =>
    methodOption(option, value, 'setTimer', 'an Env, such as platformEnv() makes'),
  log: (option, value) => methodOption(option, value, 'warn', 'a logger, such as console'),
  startTimeoutMs: (option, value) => atLeast(0, option, value),
  freezePayloads: (option, value) => {
    if (typeof value !== 'boolean') throw optionInvalid(option, value, 'true or false');
  },
  limits: (option, value) => checkOptions(option, value, Object.keys(defaultLimits)),
  mailbox: (option, value) => checkOptions(option, value, ['capacity', 'overflow']),
  defaultTimeoutMs: (option, value) => atLeast(0, option, value),
};

/** @throws BUS_OPTION_INVALID */
export function settingsOf(options: BusOptions): Settings {
  checkOptions('createBus', options, Object.keys(checks));
  for (const [name, check] of Object.entries(checks)) {
    const value = options[name as keyof BusOptions];
    if (value !== undefined) check(name, value);
  }
  const { limits = {}, mailbox = {} } = options;
  const allLimits: Record<string, number> = { ...defaultLimits };
  for (const [name, value] of Object.entries(limits)) {
    if (value !== undefined) allLimits[name] = atLeast(1, `limits.${name}`, value);
  }
  return {
    limits: allLimits as unknown as Limits,
    startTimeoutMs: options.startTimeoutMs ?? 10_000,
    freezePayloads: options.freezePayloads ?? false,
    capacity: atLeast(1, 'mailbox.capacity', mailbox.capacity ?? 1024),
    overflow: oneOf(overflows, 'mailbox.overflow', mailbox.overflow ?? 'block'),
    defaultTimeoutMs: options.defaultTimeoutMs ?? 30_000,
  };
}

/**
 * Makes the error of an option that makes no sense: one code and one wording for the kernel and all
 * plugins.
 * @param option - its name as the user wrote it, such as `backoff.baseMs`
 * @param wanted - what to give instead, as the end of a sentence: `a number of at least 1`
 */
export function optionInvalid(
  option: string,
  value: unknown,
  wanted: string,
  cause?: unknown,
): BusError {
  const text = `option '${option}' is ${shown(value)}: give ${wanted}`;
  return busError('BUS_OPTION_INVALID', text, { option, value: shown(value) }, cause);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : textOf(value);
}

/** By option, the package that brings it; the build fills it in from the packages' manifests. */
declare const __BUS_OPTIONS__: Readonly<Record<string, string>> | undefined;

/** The package that brings an option, or a value of one, written `overflow:latest`. */
function packageOf(option: string): string | undefined {
  return typeof __BUS_OPTIONS__ === 'undefined' ? undefined : __BUS_OPTIONS__[option];
}

/**
 * Makes the error of an option that nothing installed knows. It names the option that may have been
 * meant, and the package that brings the one that was given.
 */
function unknownOption(
  where: string,
  option: string,
  value: unknown,
  known: readonly string[],
): BusError {
  const brings = packageOf(option);
  const meant = known.find((name) => isNear(option.toLowerCase(), name.toLowerCase(), 2));
  let advice = `use one of ${known.join(', ')}`;
  if (meant !== undefined) advice = `did you mean '${meant}'?`;
  if (brings !== undefined) advice = `install ${brings}, which brings it`;
  const text = `${where} has no option '${option}': ${advice}`;
  return busError('BUS_OPTION_INVALID', text, { option, value: shown(value) });
}

/** Whether one text becomes the other by so many edits at most. */
function isNear(a: string, b: string, edits: number): boolean {
  if (a === b) return true;
  const [x, y] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return isNear(x, y, edits);
  const left = edits - 1;
  return edits > 0 && (isNear(x, b, left) || isNear(a, y, left) || isNear(x, y, left));
}

/** Makes the error of a value that only a plugin understands. */
export function valueUnsupported(option: string, value: string): BusError {
  const plugin = packageOf(`${option}:${value}`) ?? 'the plugin that brings it';
  return optionInvalid(option, value, `a value that is built in, or install ${plugin}`);
}

/**
 * Refuses options that are no object, and names that are not known, so that a misspelled option is
 * never ignored.
 * @throws BUS_OPTION_INVALID
 */
export function checkOptions(where: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw optionInvalid(where, options, 'an object of options, or nothing');
  }
  for (const name in options) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined && !known.includes(name)) {
      throw unknownOption(where, name, value, known);
    }
  }
}

/**
 * Returns the value if it is a number of at least `least`.
 * @throws BUS_OPTION_INVALID
 */
export function atLeast(least: number, option: string, value: unknown): number {
  if (typeof value === 'number' && value >= least) return value;
  throw optionInvalid(option, value, `a number of at least ${least}`);
}

/**
 * Returns the value if it is one of `choices`.
 * @throws BUS_OPTION_INVALID
 */
export function oneOf<T extends string>(choices: readonly T[], option: string, value: unknown): T {
  if (choices.includes(value as T)) return value as T;
  throw optionInvalid(option, value, `one of ${choices.join(', ')}`);
}

/** Refuses a value that is given and is not a string. */
export function stringOption(option: string, value: unknown): void {
  if (value != null && typeof value !== 'string') throw optionInvalid(option, value, 'a string');
}

/** Refuses a value that is given and lacks the method that makes it the thing wanted. */
function methodOption(option: string, value: unknown, method: string, wanted: string): void {
  if (value == null || typeof (value as Record<string, unknown>)[method] === 'function') return;
  throw optionInvalid(option, value, wanted);
}

export function signalOption(value: unknown): void {
  methodOption('signal', value, 'addEventListener', 'an AbortSignal');
}
