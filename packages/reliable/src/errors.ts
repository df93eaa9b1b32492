import { BusError, busError } from '@bus/core';

/** The codes this plugin adds, with what each says in `details`. */
export interface ReliableErrorCodes {
  /** Nobody can say what became of the message. */
  RELIABLE_UNACKNOWLEDGED: { readonly topic: string; readonly attempts: number };
  /** A message that was given up found no room among the dead letters. */
  RELIABLE_DEAD_LETTERS_FULL: { readonly topic: string; readonly capacity: number };
}

// In the public types by way of the interface above: a bundler of types drops what nothing refers to.
declare module '@bus/core' {
  interface BusErrorCodes extends ReliableErrorCodes {}
}

/** The sender's time or patience ended, or the bus did. */
export function unacknowledged(topic: string, attempts: number, cause: unknown): BusError {
  return busError(
    'RELIABLE_UNACKNOWLEDGED',
    `'${topic}' was not acknowledged by all its subscribers, and is given up: it may have been handled, so publish it again only if that does no harm`,
    { topic, attempts },
    cause,
  );
}

/** What a stand-in refuses messages with, while its subscriber is waited for. */
export function subscriberLost(pattern: string, peer: string): BusError {
  return busError(
    'RELIABLE_UNACKNOWLEDGED',
    `the subscriber of '${pattern}' at '${peer}' was lost with its link, and is waited for`,
    { topic: pattern, attempts: 1 },
  );
}

/** There is no room for a letter, by `overflow: 'error'`. */
export function deadLettersFull(topic: string, capacity: number, cause: unknown): BusError {
  return busError(
    'RELIABLE_DEAD_LETTERS_FULL',
    `a message on '${topic}' was given up, and there are ${capacity} dead letters already: replay or drop some, or raise deadLetters.capacity`,
    { topic, capacity },
    cause,
  );
}

/** A publish beyond what may be unacknowledged. */
export function tooManyPending(topic: string, capacity: number): BusError {
  return busError(
    'BUS_MAILBOX_FULL',
    `'${topic}' is refused, ${capacity} published messages are not acknowledged yet: await what publish returns`,
    { topic, endpoint: '@bus/reliable', capacity },
  );
}

/** A run took longer than its ack deadline. */
export function notAcknowledgedInTime(topic: string, endpoint: string, ms: number): BusError {
  return busError(
    'BUS_EXPIRED',
    `${endpoint} did not acknowledge '${topic}' within ${ms} ms: allow more by ackTimeoutMs, or call message.working()`,
    { topic, endpoint },
  );
}

/** A listener said no by itself. */
export function refusedByListener(
  topic: string,
  endpoint: string,
  word: 'nack' | 'reject',
  reason: string | undefined,
): BusError {
  const why = reason === undefined ? '' : `: ${reason}`;
  return busError('BUS_HANDLER_FAILED', `${endpoint} said ${word} to '${topic}'${why}`, {
    topic,
    endpoint,
  });
}

/** A listener failed for the last time. */
export function listenerFailed(
  topic: string,
  endpoint: string,
  runs: number,
  cause: unknown,
): BusError {
  const times = runs === 1 ? 'once' : `${runs} times`;
  return busError(
    'BUS_HANDLER_FAILED',
    `${endpoint} failed on '${topic}', ${times}: see the cause, and the dead letters`,
    { topic, endpoint },
    cause,
  );
}

/** A letter was to be handed to whom it came from. */
export function subscriptionGone(topic: string): BusError {
  return busError(
    'BUS_NO_ROUTE',
    `the subscription that gave '${topic}' up is gone: replay it to a topic, or drop it`,
    { topic },
  );
}

/** A replay to another topic reached nobody. */
export function replayUntaken(topic: string): BusError {
  return busError('BUS_NO_ROUTE', `nobody took the replay of '${topic}'`, { topic });
}

/** Whoever asked for a replay ended it while a letter was under way. */
export function replayAborted(topic: string, reason: unknown): BusError {
  return busError('BUS_CANCELLED', `the replay of '${topic}' was aborted`, { topic }, reason);
}

/** What is pending when the time that stopping has is over. */
export function busStopping(): BusError {
  return busError('BUS_CLOSED', 'the bus is stopping', { state: 'stopping' });
}

/** By these, whatever refuses a message will refuse it for ever. */
const finalCodes: readonly string[] = [
  'BUS_PAYLOAD_TOO_LARGE',
  'BUS_PAYLOAD_UNSUPPORTED',
  'BUS_HOPS_EXCEEDED',
  'WIRE_LIMIT_EXCEEDED',
];

/** Whether whatever refuses a message so will refuse it for ever. */
export function isFinal({ code }: BusError): boolean {
  return finalCodes.includes(code);
}

/** Whether whoever gave a message up had no room to keep it. */
export function isLettersFull({ code }: BusError): boolean {
  return code === 'RELIABLE_DEAD_LETTERS_FULL';
}

/** What a peer's handler came to is the cause of what the kernel says of it. */
export function peersError(error: BusError): BusError {
  return error.code === 'BUS_HANDLER_FAILED' && BusError.is(error.cause) ? error.cause : error;
}
