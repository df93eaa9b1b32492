import type { Outcome } from '@bus/core';
import { BusError, busError, Verdict } from '@bus/core';
import { peerGone } from './errors.ts';

/** An error as it crosses a link: its parts, the stack excepted. */
export interface Failure {
  readonly code: string;
  readonly name?: string | undefined;
  readonly message: string;
  readonly details?: unknown;
  /** Of an event: how it ended, where that is not `failed`. */
  readonly outcome?: Outcome | undefined;
}

/** How an event may end here because it has ended so at a peer. */
const travelling: readonly unknown[] = [
  'rejected',
  'expired',
  'cancelled',
  'dropped',
  'superseded',
] satisfies Outcome[];

/** What the sender of a message is told: a handler's own error, or the bus's; never a stack. */
export function failureOf(outcome: Outcome, error: BusError | undefined): Failure {
  if (error === undefined) {
    const { code, message } = busError('BUS_CANCELLED', `the message was ${outcome}`, {
      topic: '',
    });
    return { code, message };
  }
  const own = error.code === 'BUS_HANDLER_FAILED' ? error.cause : error;
  if (typeof own === 'string') return { code: error.code, message: own };
  return {
    code: textIn(own, 'code') ?? error.code,
    name: textIn(own, 'name'),
    message: textIn(own, 'message') ?? error.message,
    details: plainDetails(own) ?? plainDetails(error),
  };
}

/** The same of an event, with how it ended. */
export function eventFailureOf(outcome: Outcome, error: BusError | undefined): Failure {
  return { ...failureOf(outcome, error), outcome: outcome === 'failed' ? undefined : outcome };
}

/** How an event has ended at a peer: the error of its handler, or another outcome. */
export function verdictOf(failure: unknown, topic: string, peer: string): BusError | Verdict {
  const error = errorOf(failure, topic, peer);
  const { code, outcome } = (failure ?? {}) as {
    readonly code?: unknown;
    readonly outcome?: unknown;
  };
  if (code === 'BUS_CLOSED') return new Verdict('rejected', error);
  return travelling.includes(outcome) ? new Verdict(outcome as Outcome, error, 'peer') : error;
}

/** What is told of a failure that has more to say than a link takes. */
export function shortened({ code, outcome }: Failure): Failure {
  const message = 'the handler failed, with more to say than the link takes';
  return { code: code.slice(0, 64), message, outcome };
}

/**
 * The error of the peer's handler, with its own name, message, code and details. A peer that stops is
 * lost to us: `BUS_CLOSED` would say that this bus has stopped.
 */
export function errorOf(failure: unknown, topic: string, peer: string): BusError {
  const { code, name, message, details } = (failure ?? {}) as Record<string, unknown>;
  const error = new BusError(
    typeof code === 'string' ? code : 'BUS_HANDLER_FAILED',
    typeof message === 'string' ? message : `a handler at '${peer}' failed`,
    details,
  );
  if (code === 'BUS_CLOSED') return peerGone(topic, peer, error);
  if (typeof name === 'string' && name !== '') {
    Object.defineProperty(error, 'name', { value: name, configurable: true });
  }
  return error;
}

function textIn(thrown: unknown, part: string): string | undefined {
  const value = partOf(thrown, part);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Details are of the handler's making: what JSON cannot say of them stays here. */
function plainDetails(thrown: unknown): unknown {
  try {
    const details = partOf(thrown, 'details');
    return details === undefined ? undefined : JSON.parse(JSON.stringify(details));
  } catch {
    return undefined;
  }
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
