import type { Outcome } from '@bus/core';
import { BusError, busError, Verdict } from '@bus/core';
import { clipped, clippedText, partOf } from './clipped.ts';
import { peerGone } from './errors.ts';

/** An error as it crosses a link: its parts, cut to a size that every link takes, the stack excepted. */
export interface Failure {
  readonly code: string;
  readonly name?: string | undefined;
  readonly message: string;
  readonly details?: unknown;
  readonly cause?: unknown;
  /** How the message ended, by the word of the bus there; absent where its handler failed. */
  readonly outcome?: Outcome | undefined;
}

/** The most characters of a name or a code, and of a message where there is no room. */
const longestName = 128;

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
  const isHandlers = error.code === 'BUS_HANDLER_FAILED';
  const own = isHandlers ? error.cause : error;
  // What is behind an error of the bus's own concerns this bus only.
  const cause = isHandlers ? causeOf(own) : undefined;
  const name = textIn(own, 'name');
  const message = typeof own === 'string' ? own : (textIn(own, 'message') ?? error.message);
  return {
    ...told,
    code: (textIn(own, 'code') ?? error.code).slice(0, longestName),
    ...defined({ name: name?.slice(0, longestName) }),
    message: clippedText(message),
    ...defined({ details: clipped(partOf(own, 'details') ?? error.details) }),
    ...defined({ cause: clipped(cause) }),
  };
}

/** Of what is no error, the whole of it is its cause. */
function causeOf(own: unknown): unknown {
  return textIn(own, 'message') === undefined ? own : partOf(own, 'cause');
}

function defined<T extends object>(parts: T): Partial<T> {
  return Object.values(parts).includes(undefined) ? {} : parts;
}

/**
 * How a message has ended at a peer: by the error of its handler, whose words are the handler's
 * whatever code they bear, or as the bus there says. A peer that stops is lost to us: `BUS_CLOSED`
 * would say that this bus has stopped.
 */
export function verdictOf(failure: unknown, topic: string, peer: string): BusError | Verdict {
  const told = (failure ?? {}) as Record<string, unknown>;
  const { code, name, message, details, cause, outcome } = told;
  const isTheBus = travelling.includes(outcome);
  const error = new BusError(
    typeof code === 'string' ? code : 'BUS_HANDLER_FAILED',
    typeof message === 'string' ? message : `a handler at '${peer}' failed`,
    details,
    cause === undefined ? undefined : { cause },
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

/** What is told of a failure where a link takes less than all links do. */
export function shortened({ details, cause, message, ...rest }: Failure): Failure {
  return { ...rest, message: `${message.slice(0, longestName)}…` };
}

function textIn(thrown: unknown, part: string): string | undefined {
  const value = partOf(thrown, part);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
