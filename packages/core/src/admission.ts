import type { Context } from './context.ts';
import type { Delivery } from './delivery.ts';
import type { Endings } from './endings.ts';
import type { Endpoint } from './endpoint.ts';
import type { BusError } from './errors.ts';
import { busError, handlerFailed } from './errors.ts';
import { Mailbox, type MailboxFull } from './mailbox.ts';
import type { BusMessage } from './message.ts';

/** How many accepted a message (0 or 1), a promise of that where it waits for room, or the refusal. */
export type Answer = number | BusError | Promise<number | BusError>;

/** Who gets into a mailbox, who waits in front of it, and who has to go for it. */
export class Admission {
  readonly #context: Context;
  readonly #endings: Endings;

  constructor(context: Context, endings: Endings) {
    this.#context = context;
    this.#endings = endings;
  }

  /** Counts a message in, unless the filter says no or the endpoint has been stopped since. */
  accepts(endpoint: Endpoint, message: BusMessage): boolean {
    const { topic } = message;
    let failure: BusError | undefined;
    try {
      if (endpoint.filter === undefined || endpoint.filter(message) === true) {
        this.#take(endpoint);
        if (endpoint.active) return true;
        const text = `${endpoint.label} was stopped before it got '${topic}'`;
        const error = message.completion && busError('BUS_NO_ROUTE', text, { topic });
        this.#endings.ended(endpoint, message, undefined, 'dropped', error, 'unsubscribed');
        return false;
      }
    } catch (cause) {
      failure = handlerFailed('the filter', topic, endpoint.label, cause);
    }
    // Whoever asked to be told of every target, or whose filter failed, learns of an outcome.
    if (failure !== undefined || message.completion !== undefined) {
      this.#take(endpoint);
      const outcome = failure === undefined ? 'dropped' : 'failed';
      this.#endings.ended(endpoint, message, undefined, outcome, failure, 'filtered');
    }
    if (failure !== undefined) this.#context.report(failure);
    return false;
  }

  #take(endpoint: Endpoint): void {
    this.#context.ledger.accepted++;
    endpoint.load++;
    endpoint.update();
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
        // The newer message takes the waiting one's place in the queue.
        mailbox.missed++;
        mailbox.replace(waiting, delivery);
        this.#endings.end(waiting, 'superseded');
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
      this.#endings.end(delivery, 'rejected', error);
      return error;
    }
    const victim = mailbox.victim(delivery.message, overflow === 'drop-newest' ? 'tail' : 'head');
    const dropped = victim ?? delivery;
    const reason = overflow === 'latest' ? 'drop-oldest' : overflow;
    mailbox.missed++;
    mailbox.discard(dropped);
    const error = dropped.message.completion && mailboxFull(dropped, `dropped by ${reason}`);
    this.#endings.end(dropped, 'dropped', error, reason);
    if (victim === undefined) return 0;
    mailbox.push(delivery);
    return 1;
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
      this.#endings.end(delivery, 'dropped', error, reason);
    }
  }

  /** The lane of a message, where its endpoint handles more than one at a time. */
  laneOf(endpoint: Endpoint, message: BusMessage): string | undefined {
    // The far end of a link has lanes of its own, and what goes there keeps its order.
    if (endpoint.isRemote || endpoint.policy.concurrency === 1) return undefined;
    return this.#keyOf(endpoint, message);
  }

  /** Makes a delivery the one that its lane runs. */
  enterLane(delivery: Delivery): void {
    const { endpoint } = delivery;
    const key = this.laneOf(endpoint, delivery.message);
    if (key === undefined) return;
    endpoint.mailbox ??= new Mailbox();
    endpoint.mailbox.enter(key);
    delivery.laneKey = key;
  }

  /** The key function is its user's: one that throws costs the message its key, and is reported. */
  #keyOf(endpoint: Endpoint, message: BusMessage): string | undefined {
    try {
      return endpoint.keyOf(message);
    } catch (cause) {
      this.#context.report(handlerFailed('the key function', message.topic, endpoint.label, cause));
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
function refusal(delivery: Delivery, mailbox: Mailbox): BusError {
  if (mailbox.refusal?.details.topic !== delivery.message.topic) {
    mailbox.refusal = mailboxFull(
      delivery,
      'send slower, await each send, or give it more capacity',
    );
  }
  return mailbox.refusal;
}

function mailboxFull({ message, endpoint }: Delivery, what: string): MailboxFull {
  const { topic } = message;
  const { capacity } = endpoint.policy;
  const text = `${endpoint.label} has ${capacity} messages waiting: ${what}`;
  return busError('BUS_MAILBOX_FULL', text, { topic, endpoint: endpoint.label, capacity });
}
