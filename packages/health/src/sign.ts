import type { BusError, BusMessage, Endpoint, Message, Outcome } from '@bus/core';
import { BusError as AnyBusError } from '@bus/core';
import type { Sign } from './breaker.ts';

/** Codes of the kernel by which a peer answers where none of its handlers has run, or none has failed. */
const refusals = /^BUS_(?!HANDLER_FAILED$|EXPIRED$)/;

/** What errors of any plugin may say of themselves, in their details. */
interface Traits {
  /** The peer was lost while it had the message. */
  readonly isLost?: unknown;
  /** No handler has run. */
  readonly isRefusal?: unknown;
  readonly topic?: unknown;
}

/** What the end of a message says of the endpoint it ended at. */
export function signOf(
  message: Message,
  endpoint: Endpoint,
  outcome: Outcome,
  error: BusError | undefined,
  now: number,
): Sign {
  switch (outcome) {
    case 'handled':
      return 'success';
    case 'forwarded':
      return isAnswered(message, endpoint) ? 'success' : 'none';
    case 'failed':
      return isCallers(message, endpoint, error, now) ? 'none' : 'failure';
    case 'dead-lettered':
      // It has failed again and again, unless it is what the handler itself said of the message.
      if (AnyBusError.is(error?.cause) && error.cause.code === 'BUS_HANDLER_FAILED') return 'none';
      return isCallers(message, endpoint, error, now) ? 'none' : 'failure';
    case 'expired':
      // Where the asker's own time ran out, too little of it may have been all that was wrong.
      return isOver(message, now) ? 'none' : 'failure';
    default:
      return 'none';
  }
}

/** Whether a message that was forwarded has been answered for; of others it only says that they left. */
export function isAnswered(message: Message, endpoint: Endpoint): boolean {
  if (message.kind === 'request') return true;
  return endpoint.acknowledges && (message as BusMessage).completion !== undefined;
}

/** Whether the peer beyond a link was lost while it had the message, or the message waited for it. */
export function isLoss(message: Message, endpoint: Endpoint, error: BusError | undefined): boolean {
  if (!endpoint.isRemote) return false;
  const { isLost, topic } = traitsOf(error);
  // A handler may pass on that somebody was lost whom it had asked something else.
  return isLost === true && (topic === undefined || topic === message.topic);
}

/** Whether a failure is whoever sent the message's, and not the handler's. */
function isCallers(
  message: Message,
  endpoint: Endpoint,
  error: BusError | undefined,
  now: number,
): boolean {
  if (nameOf(error?.cause) === 'ValidationError') return true;
  if (!endpoint.isRemote) return false;
  const { code = '' } = ownOf(error) ?? {};
  if (traitsOf(error).isRefusal === true || refusals.test(code)) return true;
  return code === 'BUS_EXPIRED' && isOver(message, now);
}

function isOver({ deadline }: Message, now: number): boolean {
  return deadline !== undefined && deadline <= now;
}

/** The error of a handler, or of a link, behind what the kernel says of it. */
function ownOf(error: BusError | undefined): BusError | undefined {
  return error?.code === 'BUS_HANDLER_FAILED' && AnyBusError.is(error.cause) ? error.cause : error;
}

function traitsOf(error: BusError | undefined): Traits {
  const details = ownOf(error)?.details;
  return typeof details === 'object' && details !== null ? details : {};
}

/** The name of whatever was thrown, even of a proxy whose every trap throws. */
function nameOf(thrown: unknown): unknown {
  try {
    return (thrown as { readonly name?: unknown } | null | undefined)?.name;
  } catch {
    return undefined;
  }
}
