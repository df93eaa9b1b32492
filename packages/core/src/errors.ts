import type { Env, Timer } from './env.ts';

/**
 * The kernel's error codes with what each says in `details`. Codes are public API: adding one is a
 * minor change, renaming or removing one is major. A plugin adds its own codes to this table by
 * augmenting it; the code then narrows `details` wherever an error is caught.
 */
export interface BusErrorCodes {
  /** `use` or `start` was called, or a hook tapped, after the bus had started. `action`: which. */
  BUS_ALREADY_STARTED: { readonly action: string };
  /**
   * Its sender aborted the message, by the `signal` it was sent with; the `cause` is the signal's
   * reason.
   */
  BUS_CANCELLED: { readonly topic: string };
  /** Two plugins provide one capability or one member of the bus. `plugins`: both, by name. */
  BUS_CAPABILITY_CONFLICT: {
    readonly capability: string;
    readonly plugins: readonly [string, string];
  };
  /** A plugin requires a capability that no installed plugin provides. */
  BUS_CAPABILITY_MISSING: { readonly capability: string; readonly plugin: string };
  /** The bus is stopping or stopped. `topic`: of the message that was refused, if one was. */
  BUS_CLOSED: { readonly state: string; readonly topic?: string };
  /** Plugins require each other, or ask to come after each other. `path`: the circle, by name. */
  BUS_DEPENDENCY_CYCLE: { readonly path: readonly string[] };
  /**
   * The deadline of the message passed, or a handler took longer than its `timeoutMs`.
   * `endpoint`: who had the message; undefined where nobody had got it. `timeoutMs`: the endpoint's own
   * time limit, where that was over; undefined where the deadline was.
   */
  BUS_EXPIRED: {
    readonly topic: string;
    readonly endpoint: string | undefined;
    readonly timeoutMs?: number;
  };
  /** A handler, or a filter, key or balance function, threw or rejected; the `cause` is its error. */
  BUS_HANDLER_FAILED: { readonly topic: string; readonly endpoint: string };
  /** A tap of a plugin threw something other than a `BusError`; the `cause` is that. */
  BUS_HOOK_FAILED: { readonly hook: string; readonly plugin: string };
  /** A message crossed more links than `limits.hops`: links form a loop. */
  BUS_HOPS_EXCEEDED: { readonly topic: string; readonly hops: number; readonly limit: number };
  /**
   * `capacity` messages wait at the endpoint already, and its `overflow` refuses or drops this
   * one.
   */
  BUS_MAILBOX_FULL: {
    readonly topic: string;
    readonly endpoint: string;
    readonly capacity: number;
  };
  /** A message was sent before `start`. */
  BUS_NOT_STARTED: { readonly state: string; readonly topic?: string };
  /** Nothing handles such messages on the topic, or its handler left before it was handled. */
  BUS_NO_ROUTE: { readonly topic: string };
  /** An option is wrong, or nothing installed knows it. `value`: as text, to be shown. */
  BUS_OPTION_INVALID: { readonly option: string; readonly value: unknown };
  /** No topic could match the pattern, such as one with an empty segment. */
  BUS_PATTERN_INVALID: { readonly pattern: string; readonly reason: string };
  /** A pattern with wildcards, or a RegExp, that none of the installed `routers` reads. */
  BUS_PATTERN_UNSUPPORTED: { readonly pattern: string; readonly routers: readonly string[] };
  /** Payload or headers have more `bytes` than the `limit`. */
  BUS_PAYLOAD_TOO_LARGE: { readonly topic: string; readonly bytes: number; readonly limit: number };
  /** A plugin threw in `setup`, or in its `start` tap; the `cause` is what it threw. */
  BUS_PLUGIN_START_FAILED: { readonly plugin: string };
  /** A plugin's `start` tap took longer than the `startTimeoutMs` of the bus. */
  BUS_PLUGIN_START_TIMEOUT: { readonly plugin: string; readonly timeoutMs: number };
  /**
   * `stop` taps threw or took too long; everything else is stopped. `cause`: what was thrown, or
   * an `AggregateError` of several.
   */
  BUS_PLUGIN_STOP_FAILED: { readonly plugins: readonly string[] };
  /**
   * The topic breaks the rules of topics, or begins with `$bus.`. `topic`: its first 64
   * characters.
   */
  BUS_TOPIC_INVALID: { readonly topic: string; readonly reason: string };
}

/** Every code known in this program: the kernel's and those of the plugins it imports. */
export type BusErrorCode = keyof BusErrorCodes;

const brand = Symbol.for('@bus/error');

/**
 * Every error the bus or a plugin raises. Branch on `code`, never on the message: messages are for
 * people and change freely.
 *
 * @example
 * ```ts
 * try {
 *   await bus.notify('cache.clear', {});
 * } catch (error) {
 *   if (!BusError.is(error) || error.code !== 'BUS_MAILBOX_FULL') throw error;
 *   console.warn(error.details.endpoint, 'holds', error.details.capacity);
 * }
 * ```
 */
export class BusError<Code extends string = string, Details = unknown> extends Error {
  /** What kind of error it is; the only thing to branch on. */
  readonly code: Code;
  /** What the error is about, by name; its shape belongs to the code. */
  readonly details: Details;

  /** @param message - says what was wrong, where, and what to do about it. */
  constructor(code: Code, message: string, details: Details, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  /** Always `BusError`, also for errors of another copy of this package. */
  override get name(): string {
    return 'BusError';
  }

  /** Holds for errors of every copy of this package in the process, unlike `instanceof`. */
  static is(value: unknown): value is AnyBusError {
    try {
      if (typeof value !== 'object' || value === null || !(brand in value)) return false;
      // What a handler throws may throw itself when it is looked at.
      const { code, message } = value as Partial<AnyBusError>;
      return typeof code === 'string' && typeof message === 'string';
    } catch {
      return false;
    }
  }
}

Object.defineProperty(BusError.prototype, brand, { value: true });

/** The code of an error of the bus; what is none, or throws when it is read, has none. */
export function codeOf(value: unknown): string | undefined {
  try {
    return BusError.is(value) ? value.code : undefined;
  } catch {
    return undefined;
  }
}

/** Discriminated on `code`, so a `switch` narrows `details`. */
export type AnyBusError = {
  [Code in BusErrorCode]: BusError<Code, BusErrorCodes[Code]>;
}[BusErrorCode];

/** The text of whatever was thrown, even of a proxy whose every trap throws. */
export function textOf(cause: unknown): string {
  try {
    return cause instanceof Error ? String(cause.message) : String(cause);
  } catch {
    return 'something that has no text';
  }
}

/**
 * Builds an error whose details fit its code.
 * @param message - says what was wrong, where, and what to do about it.
 * @param cause - what was thrown, where something was.
 */
export function busError<Code extends BusErrorCode>(
  code: Code,
  message: string,
  details: BusErrorCodes[Code],
  cause?: unknown,
): BusError<Code, BusErrorCodes[Code]> {
  return new BusError(code, message, details, cause === undefined ? undefined : { cause });
}

/**
 * Makes an error without a stack. A timer's stack names no line of the program, and taking it costs
 * more than everything else when thousands of messages expire at once.
 */
export function withoutStack<E extends Error>(make: () => E): E {
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = 0;
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** A function that came with a handler threw. */
export function handlerFailed(
  what: string,
  topic: string,
  endpoint: string | undefined,
  cause: unknown,
): BusError {
  const whose = endpoint === undefined ? '' : ` of ${endpoint}`;
  return busError(
    'BUS_HANDLER_FAILED',
    `${what}${whose} failed on '${topic}': ${textOf(cause)}`,
    { topic, endpoint: endpoint ?? 'sender' },
    cause,
  );
}

/** Where the bus writes unasked: `console` fits, and so do most loggers. */
export interface Logger {
  /** Helps to follow a fault. */
  debug(message: string, fields?: object): void;
  /** Something a user may want to know. */
  info(message: string, fields?: object): void;
  /** Something went wrong for one message or one peer; `fields` holds the error's details and cause. */
  warn(message: string, fields?: object): void;
  /** Somebody needs to act. */
  error(message: string, fields?: object): void;
}

/** How long errors of one kind are held back after one was written. */
const quietMs = 1000;
/** Kinds of error that are remembered. */
const mostKinds = 256;

/** Writes errors that nothing watches: for each code and endpoint one a second, and how many more. */
export interface ErrorLog {
  write(error: BusError): void;
  /** Writes how many were held back, and begins anew. */
  stop(): void;
}

export function errorLog(log: Logger, env: Env): ErrorLog {
  /** By kind, how many were held back since one was written. */
  const heldBack = new Map<string, number>();
  let timer: Timer | undefined;
  let isStopped = false;

  const warn = (text: string, fields?: object): void => {
    try {
      log.warn(text, fields);
    } catch {
      // A logger that fails, or cannot print the cause, must not fail what it reports on.
    }
  };

  const flush = (): void => {
    timer = undefined;
    for (const [kind, count] of heldBack) {
      if (count > 0) warn(`${kind.trim()}: ${count} more like the one above`);
    }
    heldBack.clear();
  };

  const stop = (): void => {
    isStopped = true;
    env.clearTimer(timer);
    flush();
  };

  const write = (error: BusError): void => {
    const { code, message, details, cause } = partsOf(error);
    const { endpoint, topic } = (details ?? {}) as Record<string, unknown>;
    const kind = `${code} ${textOf(endpoint ?? topic ?? '')}`;
    const count = heldBack.get(kind);
    if (count === undefined && heldBack.size >= mostKinds) flush();
    heldBack.set(kind, count === undefined ? 0 : count + 1);
    // Nothing that comes after the stop leaves a timer: each kind is written once.
    if (!isStopped) timer ??= env.setTimer(flush, quietMs);
    if (count === undefined) warn(`${code}: ${message}`, { details, cause });
  };

  return { write, stop };
}

/** The parts of an error that are logged. One that a handler made may throw when it is read. */
function partsOf(error: BusError): Pick<BusError, 'code' | 'message' | 'details' | 'cause'> {
  try {
    const { code, message, details, cause } = error;
    return { code, message, details, cause };
  } catch (cause) {
    return { code: 'BUS_HANDLER_FAILED', message: textOf(cause), details: undefined, cause };
  }
}
