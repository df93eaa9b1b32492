import type { Endpoint, Env, Message, Outcome } from '@bus/core';
import { BusError, busError } from '@bus/core';
import { timeoutError } from './errors.ts';

/** The error an asker gets for an outcome that is no reply. */
export function failureOf(
  message: Message,
  endpoint: Endpoint | undefined,
  outcome: Outcome,
  error: BusError | undefined,
  timeoutMs: number,
  env: Env,
): BusError {
  const { topic, deadline } = message;
  // Else the handler's own time limit was over, which its error says.
  const asker = endpoint === undefined || (deadline !== undefined && deadline <= env.now());
  if (outcome === 'expired' && asker) return timeoutError(topic, timeoutMs, error);
  if (error?.code === 'BUS_HANDLER_FAILED') return handlersOwn(error);
  return (
    error ??
    busError('BUS_CANCELLED', `the request on '${topic}' was ${outcome} unanswered`, { topic })
  );
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
