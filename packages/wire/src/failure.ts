import type { Outcome } from '@bus/core';
import { BusError, busError, Verdict } from '@bus/core';
import { peerGone } from './errors.ts';

/** An error as it crosses a link: its parts, the stack excepted. */
export interface Failure {
  readonly code: string;
  readonly name?: string | undefined;
  readonly message: string;
  readonly details?: unknown;
  /** How the message ended, by the word of the bus there; absent where its handler failed. */
  readonly outcome?: Outcome | undefined;
}

/** How a message may end here because it has ended so at a peer. */
const travelling: readonly unknown[] = [
  'rejected',
  'expired',
  'cancelled',
  'dropped',
  'superseded',
] satisfies Outcome[];

/** What the sender of a message is told: a handler's own error, or the bus's; never a stack. */
export function failureOf(outcome: Outcome, error: BusError | undefined): Failure {
  // What has no route at a peer has been refused there, as far as its sender is concerned.
  const ended = outcome === 'unroutable' ? 'rejected' : outcome;
  const told = ended === 'failed' ? {} : { outcome: ended };
  if (error === undefined) {
    const { code, message } = busError('BUS_CANCELLED', `the message was ${outcome}`, {
      topic: '',
    });
    return { ...told, code, message };
  }
  const own = error.code === 'BUS_HANDLER_FAILED' ? error.cause : error;
  if (typeof own === 'string') return { ...told, code: error.code, message: own };
  return {
    ...told,
    code: textIn(own, 'code') ?? error.code,
    name: textIn(own, 'name'),
    message: textIn(own, 'message') ?? error.message,
    details: plainDetails(own) ?? plainDetails(error),
  };
}

/**
 * How a message has ended at a peer: by the error of its handler, whose words are the handler's
 * whatever code they bear, or as the bus there says. A peer that stops is lost to us: `BUS_CLOSED`
 * would say that this bus has stopped.
 */
export function verdictOf(failure: unknown, topic: string, peer: string): BusError | Verdict {
  const { code, name, message, details, outcome } = (failure ?? {}) as Record<string, unknown>;
  const isTheBus = travelling.includes(outcome);
  const error = new BusError(
    typeof code === 'string' ? code : 'BUS_HANDLER_FAILED',
    typeof message === 'string' ? message : `a handler at '${peer}' failed`,
    details,
  );
  if (code === 'BUS_CLOSED') {
    const gone = peerGone(topic, peer, error);
    return isTheBus ? new Verdict('rejected', gone) : gone;
  }
  if (typeof name === 'string' && name !== '') {
    Object.defineProperty(error, 'name', { value: name, configurable: true });
  }
  return isTheBus ? new Verdict(outcome as Outcome, error, 'peer') : error;
}

/** What is told of a failure that has more to say than a link takes. */
export function shortened({ code, outcome }: Failure): Failure {
  const message = 'the handler failed, with more to say than the link takes';
  return { code: code.slice(0, 64), message, outcome };
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
