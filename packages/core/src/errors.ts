/**
 * The kernel's error codes with what each says in `details`. Codes are public API: adding one is a
 * minor change, renaming or removing one is major. A plugin adds its own codes to this table by
 * augmenting it; the code then narrows `details` wherever an error is caught.
 */
export interface BusErrorCodes {
  BUS_ALREADY_STARTED: { readonly action: string };
  BUS_CANCELLED: { readonly topic: string };
  BUS_CAPABILITY_CONFLICT: {
    readonly capability: string;
    readonly plugins: readonly [string, string];
  };
  BUS_CAPABILITY_MISSING: { readonly capability: string; readonly plugin: string };
  BUS_CLOSED: { readonly state: string; readonly topic?: string };
  BUS_DEPENDENCY_CYCLE: { readonly path: readonly string[] };
  BUS_EXPIRED: { readonly topic: string; readonly endpoint: string | undefined };
  BUS_HANDLER_FAILED: { readonly topic: string; readonly endpoint: string };
  BUS_HOOK_FAILED: { readonly hook: string; readonly plugin: string };
  BUS_HOPS_EXCEEDED: { readonly topic: string; readonly hops: number; readonly limit: number };
  BUS_MAILBOX_FULL: {
    readonly topic: string;
    readonly endpoint: string;
    readonly capacity: number;
  };
  BUS_NOT_STARTED: { readonly state: string; readonly topic?: string };
  BUS_NO_ROUTE: { readonly topic: string };
  BUS_OPTION_INVALID: { readonly option: string; readonly value: unknown };
  BUS_PATTERN_INVALID: { readonly pattern: string; readonly reason: string };
  BUS_PATTERN_UNSUPPORTED: { readonly pattern: string; readonly routers: readonly string[] };
  BUS_PAYLOAD_TOO_LARGE: { readonly topic: string; readonly bytes: number; readonly limit: number };
  BUS_PLUGIN_START_FAILED: { readonly plugin: string };
  BUS_PLUGIN_START_TIMEOUT: { readonly plugin: string; readonly timeoutMs: number };
  BUS_PLUGIN_STOP_FAILED: { readonly plugins: readonly string[] };
  BUS_TOPIC_INVALID: { readonly topic: string; readonly reason: string };
}

/** Every code known in this program: the kernel's and those of the plugins it imports. */
export type BusErrorCode = keyof BusErrorCodes;

const brand = Symbol.for('@bus/error');

/**
 * Every error the bus or a plugin raises. Branch on `code`, never on the message: messages are for
 * people and change freely.
 */
export class BusError<Code extends string = string, Details = unknown> extends Error {
  readonly code: Code;
  /** What the error is about, by name; its shape belongs to the code. */
  readonly details: Details;

  /** @param message - says what was wrong, where, and what to do about it. */
  constructor(code: Code, message: string, details: Details, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }

  override get name(): string {
    return 'BusError';
  }

  /** Holds for errors of every copy of this package in the process, unlike `instanceof`. */
  static is(value: unknown): value is AnyBusError {
    try {
      return typeof value === 'object' && value !== null && brand in value;
    } catch {
      return false;
    }
  }
}

Object.defineProperty(BusError.prototype, brand, { value: true });

/** Discriminated on `code`, so a `switch` narrows `details`. */
export type AnyBusError = {
  [Code in BusErrorCode]: BusError<Code, BusErrorCodes[Code]>;
}[BusErrorCode];

/** What an error says, whatever was thrown: even a proxy whose every trap throws. */
export function textOf(cause: unknown): string {
  try {
    return cause instanceof Error ? String(cause.message) : String(cause);
  } catch {
    return 'something that has no text';
  }
}

/** Builds an error whose details fit its code. */
export function busError<Code extends BusErrorCode>(
  code: Code,
  message: string,
  details: BusErrorCodes[Code],
  cause?: unknown,
): BusError<Code, BusErrorCodes[Code]> {
  return new BusError(code, message, details, cause === undefined ? undefined : { cause });
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
