import type { Env } from '@bus/core';
import { BusError } from '@bus/core';
import type { DeadLetterError } from './dead-letters.ts';

/** Errors kept of one message, over all its replays. */
const mostErrors = 10;
/** Links of one chain of causes, and characters of one text, that are kept. */
const longestChain = 5;
const longestText = 500;

/** What the tries of one message failed with; made with the first of them. */
export class Failures {
  /** When the first was, in milliseconds of `Env.now`. */
  readonly since: number;
  /** The same in milliseconds since the Unix epoch. */
  readonly firstAt: number;
  errors: readonly DeadLetterError[] = [];
  /** What was thrown last. */
  last: unknown;

  constructor(env: Env) {
    this.since = env.now();
    this.firstAt = env.wall();
  }

  add(error: unknown): void {
    this.last = error;
    this.errors = newest(this.errors, [described(error)]);
  }
}

/** Those of two lists that are kept, the last one last. */
export function newest(
  errors: readonly DeadLetterError[],
  more: readonly DeadLetterError[],
): readonly DeadLetterError[] {
  return [...errors, ...more].slice(-mostErrors);
}

/** What was thrown, as plain and bounded data. */
export function described(error: unknown): DeadLetterError {
  const causes: ReturnType<typeof textOf>[] = [];
  let cause = causeOf(error);
  while (cause !== undefined && causes.length < longestChain) {
    causes.push(textOf(cause));
    cause = causeOf(cause);
  }
  return { ...textOf(error), causes };
}

/** Whatever was thrown: even a proxy whose every trap throws. */
function textOf(error: unknown): { readonly code: string | undefined; readonly message: string } {
  try {
    const message = error instanceof Error || BusError.is(error) ? error.message : error;
    const { code } = (error ?? {}) as { readonly code?: unknown };
    return {
      code: typeof code === 'string' ? code.slice(0, longestText) : undefined,
      message: String(message).slice(0, longestText),
    };
  } catch {
    return { code: undefined, message: 'something that has no text' };
  }
}

function causeOf(error: unknown): unknown {
  try {
    return typeof error === 'object' && error !== null && 'cause' in error
      ? error.cause
      : undefined;
  } catch {
    return undefined;
  }
}
