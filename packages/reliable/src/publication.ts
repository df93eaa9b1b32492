import type { BusError, Env, Outcome, SendExtras, SendOptions } from '@bus/core';
import { onAbort } from '@bus/core';
import type { DeadLetterStore } from './dead-letter-store.ts';
import { isLettersFull, unacknowledged } from './errors.ts';
import { Failures } from './failures.ts';
import type { Ordered } from './key-order.ts';
import type { Letter } from './letter.ts';
import type { Linked } from './pending.ts';
import type { Resendable, Resends } from './resends.ts';
import type { SendingOwner } from './sending.ts';
import { Sending } from './sending.ts';

/** What is sent reliably. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: unknown;
  readonly options: SendOptions | undefined;
  /** Of a letter that is sent again, whose number it keeps. */
  readonly letter: Letter | undefined;
}

/** Who keeps what is published until it has ended. */
export interface PublicationOwner {
  readonly env: Env;
  readonly letters: DeadLetterStore;
  readonly resends: Resends;
  /** What a message has that is sent for the first time. */
  readonly firstFields: NonNullable<SendExtras['fields']>;
  readonly redeliverMs: number;
  /** When anything was last acknowledged, as far as something waited. */
  readonly progressAt: number;
  /** The bus has been told to stop. */
  readonly stopping: boolean;
  /** Nothing is sent again. */
  readonly leaving: boolean;
  nextSequence(): number;
  /** Gives it to the kernel. */
  send(publication: Publication, options: SendOptions | undefined): Promise<number>;
  /** All who acknowledge it have done so. */
  acknowledged(): void;
  /** It has ended, in whatever way. */
  ended(publication: Publication): void;
  report(error: BusError): void;
}

// One executor for all promises: a closure for each would cost every message.
let lastResolve: (acknowledged: number) => void;
let lastReject: (error: BusError) => void;
const capture = (
  resolve: (acknowledged: number) => void,
  reject: (error: BusError) => void,
): void => {
  lastResolve = resolve;
  lastReject = reject;
};

/** One message that is published reliably, until all who acknowledge have done so. */
export class Publication implements SendingOwner, Ordered, Linked<Publication>, Resendable {
  /** Resolves to how many have acknowledged it. */
  readonly result: Promise<number>;
  readonly outgoing: Outgoing;
  readonly sending: Sending;
  ended = false;
  before: Publication | undefined;
  after: Publication | undefined;
  /** When it is to be sent again. */
  dueAt = 0;
  readonly #publications: PublicationOwner;
  readonly #deadline: number;
  readonly #resolve: (acknowledged: number) => void;
  readonly #reject: (error: BusError) => void;
  #failures: Failures | undefined;
  #mute: (() => void) | undefined;
  /** The context it was published in, where it waits for its turn. */
  #publishedIn: object | undefined;

  constructor(publications: PublicationOwner, outgoing: Outgoing) {
    this.#publications = publications;
    this.outgoing = outgoing;
    this.sending = new Sending(this, publications.firstFields);
    const timeoutMs = outgoing.options?.timeoutMs ?? Number.POSITIVE_INFINITY;
    this.#deadline =
      timeoutMs === Number.POSITIVE_INFINITY ? timeoutMs : publications.env.now() + timeoutMs;
    this.result = new Promise(capture);
    this.#resolve = lastResolve;
    this.#reject = lastReject;
  }

  get topic(): string {
    return this.outgoing.topic;
  }

  /** How often it was sent. */
  get attempt(): number {
    return this.sending.attempt;
  }

  /** The last moment at which it may be sent again. */
  get lastAt(): number {
    if (this.#failures === undefined) return this.#deadline;
    const { redeliverMs, progressAt } = this.#publications;
    const { since } = this.#failures;
    // Those that have no room are alive as long as anything is acknowledged.
    const { isFull } = this.sending;
    return Math.min((isFull ? Math.max(since, progressAt) : since) + redeliverMs, this.#deadline);
  }

  /** Waits for its turn: until then only its sender can end it. */
  listen(): void {
    const signal = this.outgoing.options?.signal;
    if (signal == null || this.#mute !== undefined) return;
    if (signal.aborted) this.#giveUp(signal.reason);
    else this.#mute = onAbort(signal, () => this.#giveUp(signal.reason));
  }

  /** Sends it, for the first time or again. */
  send(): void {
    const { context } = this.#publications.env;
    const publishedIn = this.#publishedIn;
    this.#publishedIn = undefined;
    if (context === undefined || publishedIn === undefined) this.#send();
    else context.enter(publishedIn, () => this.#send(), undefined);
  }

  /** The one before it of its key ends in another context. */
  awaitTurn(): void {
    this.#publishedIn = this.#publications.env.context?.capture();
  }

  #send(): void {
    const { sending } = this;
    this.#publications.resends.remove(this);
    this.#mute?.();
    this.#mute = undefined;
    if (sending.sequence < 0) sending.sequence = this.#publications.nextSequence();
    sending.begin(this.outgoing.letter !== undefined);
    const sent = this.#publications.send(this, this.#options());
    sending.isLeaving = false;
    // A plugin on the way refused it before there was a message.
    if (!sending.told) sent.catch((error: BusError) => sending.told || this.#fail(error));
  }

  /** Its time to be sent again is over. */
  expire(): void {
    if (this.#isLate()) this.#giveUp(this.#failures?.last);
    else this.#bury('unacknowledged');
  }

  /** The bus stops. */
  stop(reason: BusError): void {
    this.#giveUp(this.#failures?.last ?? reason);
  }

  acknowledged(): void {
    if (this.ended) return;
    this.#publications.acknowledged();
    this.#succeed();
  }

  troubled(trouble: BusError): void {
    this.#keep(trouble);
    if (this.#isCalledOff()) this.#giveUp(trouble);
    else this.#publications.resends.add(this);
  }

  refused(refusal: BusError): void {
    this.#keep(refusal);
    if (isLettersFull(refusal)) this.#fail(refusal);
    else this.#bury('rejected');
  }

  reachedNobody(outcome: Outcome, error: BusError | undefined): void {
    if (error === undefined) {
      // Whoever wanted it wants it no more.
      if (this.attempt > 1 && this.#publications.stopping) this.#giveUp(this.#failures?.last);
      else this.acknowledged();
    } else if (this.attempt > 1 || outcome === 'cancelled' || outcome === 'expired') {
      this.#keep(error);
      this.#giveUp(error);
    } else this.#fail(error);
  }

  /** Its sender ended it, by signal or by time, or the bus stops. */
  #isCalledOff(): boolean {
    const { leaving, stopping } = this.#publications;
    if (leaving || this.outgoing.options?.signal?.aborted) return true;
    return (stopping && !this.sending.isFull) || this.#isLate();
  }

  #isLate(): boolean {
    return this.#deadline <= this.#publications.env.now();
  }

  #keep(error: BusError): void {
    this.#failures ??= new Failures(this.#publications.env);
    this.#failures.add(error);
  }

  #succeed(): void {
    if (this.ended) return;
    this.#end();
    this.#resolve(this.sending.acknowledged);
  }

  #giveUp(cause: unknown): void {
    if (!this.ended) this.#failAndReport(unacknowledged(this.topic, this.attempt, cause));
  }

  #failAndReport(error: BusError): void {
    this.#publications.report(error);
    this.#fail(error);
  }

  #fail(error: BusError): void {
    if (this.ended) return;
    this.#end();
    this.#reject(error);
  }

  /** It becomes a dead letter of this bus. */
  #bury(reason: 'rejected' | 'unacknowledged'): void {
    const { letters, resends } = this.#publications;
    const { message, attempt } = this.sending;
    const failures = this.#failures;
    if (this.ended || message === undefined || failures === undefined) return;
    resends.remove(this);
    letters.bury(
      { message, reason, attempts: attempt, failures, subscription: undefined },
      this.outgoing.letter,
      () => this.#succeed(),
      (full) => this.#failAndReport(full),
    );
  }

  #end(): void {
    this.ended = true;
    this.#mute?.();
    this.#mute = undefined;
    this.#publications.ended(this);
  }

  /** With what is left of its time. */
  #options(): SendOptions | undefined {
    const { options } = this.outgoing;
    if (this.#deadline === Number.POSITIVE_INFINITY) return options;
    return { ...options, timeoutMs: Math.max(0, this.#deadline - this.#publications.env.now()) };
  }
}
