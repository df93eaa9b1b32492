import type { BusError } from './errors.ts';
import { busError } from './errors.ts';
import type { BusMessage } from './message.ts';
import type { Count } from './promises.ts';
import { onAbort } from './signals.ts';

/** Ends what of a message has not been handled yet, and tells running handlers. */
export function cancel(message: BusMessage, reason: BusError): void {
  const control = message.ownControl();
  if (control.reason !== undefined) return;
  control.reason = reason;
  control.controller?.abort(reason);
  let delivery = control.deliveries;
  while (delivery !== undefined) {
    const { sibling } = delivery;
    delivery.cancel(reason);
    delivery = sibling;
  }
}

/** Sends a message that can be cancelled; listens only while something of it is outstanding. */
export function sendUntil(signal: AbortSignal, message: BusMessage, send: () => Count): Count {
  const control = message.ownControl();
  const sent = send();
  if (control.outstanding > 0) {
    const abort = (): void => cancel(message, cancelledBy(signal, message));
    // A handler or tap that ran within the send may have aborted it.
    if (signal.aborted) abort();
    else control.release = onAbort(signal, abort);
  }
  return sent;
}

/** The error of a message whose sender aborted it. */
export function cancelledBy(signal: AbortSignal, { topic }: BusMessage): BusError {
  const text = `message on '${topic}' was cancelled by its sender`;
  return busError('BUS_CANCELLED', text, { topic }, signal.reason);
}
