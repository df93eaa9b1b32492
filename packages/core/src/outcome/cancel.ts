import type { BusError } from '../errors.ts';
import { busError } from '../errors.ts';
import type { BusMessage } from '../message/message.ts';

type Action = () => void;

/** The actions that wait for each signal. */
const waiting = new WeakMap<EventTarget, Set<Action>>();

function runAll({ target }: Event): void {
  for (const action of waiting.get(target as EventTarget) ?? []) {
    try {
      action();
    } catch {
      // The other actions must still run, and there is no caller to tell.
    }
  }
}

/**
 * Runs `action` when `signal` aborts; returns a function that takes it back. An action that throws
 * keeps no other from running.
 *
 * A signal gets one listener however many messages and endpoints wait for it: platforms add and remove
 * listeners slowly, and Node warns of a leak from the eleventh on.
 */
export function onAbort(signal: AbortSignal, action: Action): () => void {
  const actions = waiting.get(signal) ?? new Set();
  waiting.set(signal, actions);
  if (actions.size === 0) signal.addEventListener('abort', runAll);
  // A set would take an action that is registered twice for one.
  const own: Action = () => action();
  actions.add(own);
  return () => {
    if (actions.delete(own) && actions.size === 0) signal.removeEventListener('abort', runAll);
  };
}

/** Ends everything outstanding of a message, and tells running handlers. */
export function cancel(message: BusMessage, reason: BusError): void {
  const outstanding = message.track();
  if (outstanding.reason !== undefined) return;
  outstanding.reason = reason;
  outstanding.owner?.cancelled(outstanding, reason);
}

/** The error of a message whose sender aborted it. */
export function cancelledBy(signal: AbortSignal, { topic }: BusMessage): BusError {
  const text = `message on '${topic}' was cancelled by its sender`;
  return busError('BUS_CANCELLED', text, { topic }, signal.reason);
}
