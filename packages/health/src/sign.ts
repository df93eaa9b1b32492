import type { BusError, BusMessage, Endpoint, Message, Outcome } from '@bus/core';
import { BusError as AnyBusError } from '@bus/core';
import type { Sign } from './breaker.ts';

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
      return isCallers(error) ? 'none' : 'failure';
    case 'dead-lettered':
      // It has failed again and again, unless it is what the handler itself said of the message.
      if (AnyBusError.is(error?.cause) && error.cause.code === 'BUS_HANDLER_FAILED') return 'none';
      return isCallers(error) ? 'none' : 'failure';
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

/**
 * Whether the peer beyond a link was lost while it had the message, or the message waited for it. What
 * a handler there says of itself is none of that, whatever its error looks like: it has failed.
 */
export function isLoss(endpoint: Endpoint, outcome: Outcome, error: BusError | undefined): boolean {
  if (!endpoint.isRemote || outcome === 'failed') return false;
  const details: { readonly isLost?: unknown } = Object(error?.details);
  return details.isLost === true;
}

/** Whether a failure is whoever sent the message's, and not the handler's. */
function isCallers(error: BusError | undefined): boolean {
  return nameOf(error?.cause) === 'ValidationError';
}

function isOver({ deadline }: Message, now: number): boolean {
  return deadline !== undefined && deadline <= now;
}

/** The name of whatever was thrown, even of a proxy whose every trap throws. */
function nameOf(thrown: unknown): unknown {
  try {
    return (thrown as { readonly name?: unknown } | null | undefined)?.name;
  } catch {
    return undefined;
  }
}
