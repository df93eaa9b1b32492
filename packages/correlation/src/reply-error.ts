import type { Endpoint, Message, Outcome } from '@bus/core';
import { BusError, busError, withoutStack } from '@bus/core';
import { timeoutError } from './errors.ts';

/**
 * Makes the error an asker gets for an outcome that is no reply. It is the asker's own and has no stack
 * yet: that has to show the line that asked.
 */
export function failureOf(
  message: Message,
  endpoint: Endpoint | undefined,
  outcome: Outcome,
  error: BusError | undefined,
  timeoutMs: number,
): BusError {
  const { topic } = message;
  return withoutStack(() => {
    if (outcome === 'expired' && !isHandlersLimit(endpoint, error))
      return timeoutError(topic, timeoutMs, error);
    if (error === undefined) {
      const text = `the request on '${topic}' was ${outcome} unanswered`;
      return busError('BUS_CANCELLED', text, { topic });
    }
    return error.code === 'BUS_HANDLER_FAILED' ? handlersOwn(error) : copyOf(error);
  });
}

/** The time limit of the handler was over, which its error names, and not the asker's. */
function isHandlersLimit(endpoint: Endpoint | undefined, error: BusError | undefined): boolean {
  return endpoint !== undefined && partOf(error?.details, 'timeoutMs') !== undefined;
}

/** One error of the kernel may end many requests, each with a stack of its own. */
function copyOf({ code, message, details, cause }: BusError): BusError {
  return new BusError(code, message, details, cause === undefined ? undefined : { cause });
}

/** What a handler threw, as the asker gets it: its own name, message, code and details. */
function handlersOwn(failed: BusError): BusError {
  const { cause } = failed;
  const message = typeof cause === 'string' ? cause : textOf(cause, 'message');
  const code = textOf(cause, 'code');
  const details = partOf(cause, 'details');
  const reply = new BusError(
    code ?? failed.code,
    message ?? failed.message,
    details ?? failed.details,
    { cause },
  );
  const name = textOf(cause, 'name');
  if (name !== undefined) Object.defineProperty(reply, 'name', { value: name, configurable: true });
  return reply;
}

function textOf(thrown: unknown, part: string): string | undefined {
  const value = partOf(thrown, part);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Reads one property of a thrown value, which may be anything, also hostile. */
function partOf(thrown: unknown, part: string): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  try {
    return (thrown as Record<string, unknown>)[part];
  } catch {
    return undefined;
  }
}
