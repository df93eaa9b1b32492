import type { Deadlines } from './deadlines.ts';
import type { Delivery } from './delivery.ts';
import type { Endings } from './endings.ts';
import { handlerFailed, nameOf } from './endings.ts';
import type { Endpoint } from './endpoint.ts';
import type { BusError } from './errors.ts';
import { busError } from './errors.ts';
import { Mailbox } from './mailbox.ts';
import type { BusMessage } from './message.ts';
import type { Ledger } from './outcomes.ts';

/** How many accepted a message (0 or 1), a promise of that where it waits for room, or the refusal. */
export type Answer = number | BusError | Promise<number | BusError>;

/** What admission needs of its bus. */
export interface AdmissionContext {
  readonly deadlines: Deadlines;
  readonly ledger: Ledger;
  readonly endings: Endings;
  report(error: BusError): void;
}

/** Who gets into a mailbox, who waits in front of it, and who has to go for it. */
export class Admission {
  readonly #context: AdmissionContext;

  constructor(context: AdmissionContext) {
    this.#context = context;
  }

  /** Asks an endpoint's filter. One that fails, or whose answer somebody waits for, is an outcome. */
  passes(endpoint: Endpoint, message: BusMessage): boolean {
    let error: BusError | undefined;
    try {
      if (endpoint.filter?.(message) === true) return true;
    } catch (cause) {
      error = handlerFailed(message, endpoint, 'the filter', cause);
    }
    if (error !== undefined || message.completion !== undefined) {
      this.#context.ledger.accepted++;
      endpoint.load++;
      const outcome = error === undefined ? 'dropped' : 'failed';
      this.#context.endings.ended(
        endpoint,
        message,
        undefined,
        outcome,
        undefined,
        error,
        Number.NaN,
        'filtered',
      );
    }
    if (error !== undefined) this.#context.report(error);
    return false;
  }

  /** Puts a delivery into its endpoint's mailbox, as far as its policy lets it in. */
  enqueue(delivery: Delivery): Answer {
    const { endpoint } = delivery;
    endpoint.mailbox ??= new Mailbox();
    const { mailbox } = endpoint;
    const { message } = delivery;
    this.watch(delivery);
    if (endpoint.policy.overflow === 'latest') {
      const key = this.#keyOf(endpoint, message) ?? message.topic;
      const waiting = mailbox.latest(key);
      if (waiting !== undefined) {
        this.#supersede(mailbox, waiting, delivery);
        return 1;
      }
      mailbox.keepLatest(key, delivery);
    }
    if (mailbox.size < endpoint.policy.capacity) {
      mailbox.push(delivery);
      return 1;
    }
    return this.#overflow(endpoint, mailbox, delivery);
  }

  #overflow(endpoint: Endpoint, mailbox: Mailbox, delivery: Delivery): Answer {
    const { overflow, capacity } = endpoint.policy;
    if (overflow === 'block' && mailbox.blocked.size < capacity) {
      mailbox.blocked.push(delivery);
      return new Promise((resolve) => {
        delivery.admitted = resolve;
      });
    }
    if (overflow === 'block' || overflow === 'error') {
      const error = refusal(delivery, mailbox);
      this.#context.endings.end(delivery, 'rejected', undefined, error, undefined);
      return error;
    }
    const victim = mailbox.victim(delivery.message, overflow === 'drop-newest' ? 'tail' : 'head');
    mailbox.missed++;
    const reason = overflow === 'latest' ? 'drop-oldest' : overflow;
    this.#drop(victim ?? delivery, mailbox, reason);
    if (victim === undefined) return 0;
    mailbox.push(delivery);
    return 1;
  }

  #drop(delivery: Delivery, mailbox: Mailbox, reason: string): void {
    mailbox.discard(delivery);
    const error =
      delivery.message.completion &&
      busError(
        'BUS_MAILBOX_FULL',
        `${nameOf(delivery.endpoint)} was full and dropped a message (${reason})`,
        {
          topic: delivery.message.topic,
          endpoint: nameOf(delivery.endpoint),
          capacity: delivery.endpoint.policy.capacity,
        },
      );
    this.#context.endings.end(delivery, 'dropped', undefined, error, reason);
  }

  /** The newer message takes the waiting one's place in the queue. */
  #supersede(mailbox: Mailbox, waiting: Delivery, newer: Delivery): void {
    mailbox.missed++;
    mailbox.replace(waiting, newer);
    this.#context.endings.end(waiting, 'superseded', undefined, undefined, undefined);
  }

  /** Lets the first of those who wait for room in. */
  admitBlocked(endpoint: Endpoint, mailbox: Mailbox): void {
    const next = mailbox.blocked.head;
    if (next === undefined || mailbox.size >= endpoint.policy.capacity) return;
    mailbox.remove(next);
    mailbox.push(next);
    next.admitted?.(1);
    next.admitted = undefined;
  }

  /** Ends everything that waits at an endpoint, as dropped for `reason`. */
  dropWaiting(endpoint: Endpoint, reason: string, error: BusError): void {
    const { mailbox } = endpoint;
    if (mailbox === undefined) return;
    for (const delivery of mailbox.all()) {
      mailbox.remove(delivery);
      this.#context.endings.end(delivery, 'dropped', undefined, error, reason);
    }
  }

  /** The lane of a message, where its endpoint handles more than one at a time. */
  laneOf(endpoint: Endpoint, message: BusMessage): string | undefined {
    return endpoint.policy.concurrency === 1 ? undefined : this.#keyOf(endpoint, message);
  }

  /** The key function is its user's: one that throws costs the message its key, and is reported. */
  #keyOf(endpoint: Endpoint, message: BusMessage): string | undefined {
    try {
      return endpoint.keyOf(message);
    } catch (cause) {
      this.#context.report(handlerFailed(message, endpoint, 'the key function', cause));
      return message.key;
    }
  }

  /** Links a delivery to what can end it early: its message's deadline and its sender. */
  watch(delivery: Delivery): void {
    const { message } = delivery;
    if (message.deadline !== undefined) {
      delivery.deadline = this.#context.deadlines.add(message.deadline, delivery);
    }
    const { control } = message;
    if (control === undefined) return;
    delivery.sibling = control.deliveries as Delivery | undefined;
    control.deliveries = delivery;
    control.outstanding++;
  }
}

/** In a flood one error serves all refusals alike: taking its stack costs more than all the rest. */
function refusal({ message, endpoint }: Delivery, mailbox: Mailbox): BusError {
  const { topic } = message;
  if (mailbox.refusal?.details.topic === topic) return mailbox.refusal;
  const { capacity } = endpoint.policy;
  const name = nameOf(endpoint);
  mailbox.refusal = busError(
    'BUS_MAILBOX_FULL',
    `${name} has ${capacity} messages waiting: send slower, await each send, or give it more capacity`,
    { topic, endpoint: name, capacity },
  );
  return mailbox.refusal;
}
