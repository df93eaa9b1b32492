declare module '@bus/core' {
  interface BusErrorCodes {
    CORRELATION_TIMEOUT: { readonly topic: string; readonly timeoutMs: number };
    CORRELATION_PEER_GONE: { readonly topic: string; readonly peer: string };
    CORRELATION_DUPLICATE_ID: { readonly topic: string; readonly correlationId: string };
  }
}

import { BusError, busError } from '@bus/core';

/** What a handler threw, as the asker gets it: its own name, message, code and details. */
export function replyError(error: BusError): BusError {
  if (error.code !== 'BUS_HANDLER_FAILED') return error;
  const { cause } = error;
  const { name, message, code, details } = described(cause);
  const reply = new BusError(code ?? error.code, message, details ?? error.details, { cause });
  Object.defineProperty(reply, 'name', { value: name, configurable: true });
  return reply;
}

interface Described {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly details: unknown;
}

/** Reads what a thrown value says of itself; it may be anything, also hostile. */
function described(thrown: unknown): Described {
  if (typeof thrown !== 'object' || thrown === null) {
    return { name: 'Error', message: String(thrown), code: undefined, details: undefined };
  }
  const { name, message, code, details } = thrown as Partial<Record<keyof Described, unknown>>;
  return {
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : String(message),
    code: typeof code === 'string' ? code : undefined,
    details,
  };
}

/** The asker waited long enough. */
export function timeoutError(topic: string, timeoutMs: number, cause: unknown): BusError {
  return busError(
    'CORRELATION_TIMEOUT',
    `no reply on '${topic}' within ${timeoutMs} ms`,
    { topic, timeoutMs },
    cause,
  );
}
