import { BusError } from '@bus/core';
import type { DeadLetterError } from './api.ts';

/** Errors kept of one message. */
const mostErrors = 10;
/** Links of one chain of causes, and characters of one text, that are kept. */
const longestChain = 5;
const longestText = 500;

/** What the tries of one message failed with; bounded, however many there were. */
export class Failures {
  readonly errors: DeadLetterError[] = [];
  /** What was thrown last. */
  last: unknown;

  add(error: unknown): void {
    this.last = error;
    this.errors.push(described(error));
    if (this.errors.length > mostErrors) this.errors.shift();
  }

  /** Of another try that is over. */
  addAll(errors: readonly DeadLetterError[]): void {
    this.errors.push(...errors);
    this.errors.splice(0, this.errors.length - mostErrors);
  }
}

function described(error: unknown): DeadLetterError {
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
