import type {
  BusMessage,
  Completion,
  Endpoint,
  Message,
  Outcome,
  SendExtras,
  SendOptions,
} from '@bus/core';
import { BusError, onAbort } from '@bus/core';
import { Acknowledgements } from './acknowledgements.ts';
import { Letter } from './dead-letter.ts';
import { unacknowledged } from './errors.ts';
import { Failures } from './failures.ts';
import type { Ordered } from './key-order.ts';
import type { Linked } from './pending.ts';
import type { Publications } from './publications.ts';

/** What is sent reliably. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: unknown;
  readonly options: SendOptions | undefined;
  /** Of a letter that is sent again, whose number it keeps. */
  readonly letter: Letter | undefined;
}

/** Whatever refuses a message for these will refuse it for ever. */
const finalCodes: readonly string[] = ['BUS_PAYLOAD_TOO_LARGE', 'BUS_HOPS_EXCEEDED'];

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
export class Publication implements Completion, SendExtras, Ordered, Linked<Publication> {
  readonly completion: Completion = this;
  readonly result: Promise<number>;
  readonly outgoing: Outgoing;
  /** Its place among the messages of this bus, which makes its id: the same however often it is sent. */
  sequence = -1;
  fields: SendExtras['fields'];
  ended = false;
  before: Publication | undefined;
  after: Publication | undefined;
  /** When it is to be sent again. */
  dueAt = 0;
  readonly #publications: Publications;
  readonly #deadline: number | undefined;
  readonly #resolve: (acknowledged: number) => void;
  readonly #reject: (error: BusError) => void;
  #attempt = 0;
  #message: BusMessage | undefined;
  readonly #acknowledgements = new Acknowledgements();
  #failures: Failures | undefined;
  #firstFailedAt = 0;
  #firstFailedWall = 0;
  #mute: (() => void) | undefined;
  // Of the sending under way.
  #told = false;
  #candidates = 0;
  #acknowledging = 0;
  /** Targets that do not acknowledge are not waited for. */
  #onlyAcknowledging = false;
  #open = 0;
  #trouble: BusError | undefined;
  /** The peer's endpoint that took none of it. */
  #unwanted: Endpoint | undefined;

  constructor(publications: Publications, outgoing: Outgoing) {
    this.#publications = publications;
    this.outgoing = outgoing;
    this.fields = publications.firstFields;
    const timeoutMs = outgoing.options?.timeoutMs ?? undefined;
    this.#deadline = timeoutMs === undefined ? undefined : publications.env.now() + timeoutMs;
    this.result = new Promise(capture);
    this.#resolve = lastResolve;
    this.#reject = lastReject;
  }

  get topic(): string {
    return this.outgoing.topic;
  }

  /** The last moment at which it may be sent again. */
  get lastAt(): number {
    const { redeliverMs, progressAt } = this.#publications;
    if (this.#failures === undefined) return this.#deadline ?? Number.POSITIVE_INFINITY;
    // Those that have no room are alive as long as anything is acknowledged.
    const isFull = this.#trouble?.code === 'BUS_MAILBOX_FULL';
    const since = isFull ? Math.max(this.#firstFailedAt, progressAt) : this.#firstFailedAt;
    return Math.min(since + redeliverMs, this.#deadline ?? Number.POSITIVE_INFINITY);
  }

  get #isAgain(): boolean {
    return this.#attempt > 1 || this.outgoing.letter !== undefined;
  }

  get attempt(): number {
    return this.#attempt;
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
    this.#publications.waitsNoMore(this);
    this.#mute?.();
    this.#mute = undefined;
    this.#attempt++;
    if (this.sequence < 0) this.sequence = this.#publications.nextSequence();
    if (this.#isAgain) {
      this.#acknowledgements.again();
      this.fields = { ...this.#publications.firstFields, attempt: this.#attempt };
    }
    this.#told = false;
    this.#candidates = 0;
    this.#acknowledging = 0;
    this.#trouble = undefined;
    const sent = this.#publications.send(this, this.#options());
    // A plugin on the way refused it before there was a message.
    if (!this.#told) sent.catch((error: BusError) => this.#told || this.#refused(error));
  }

  /** Its time to be sent again is over. */
  expire(): void {
    const { env } = this.#publications;
    if (this.#deadline !== undefined && this.#deadline <= env.now())
      this.#giveUp(this.#failures?.last);
    else this.#bury('unacknowledged');
  }

  /** The bus stops. */
  stop(reason: BusError): void {
    this.#giveUp(this.#failures?.last ?? reason);
  }

  /** The first time everybody gets it; from then on whoever acknowledges and has not. */
  wants(endpoint: Endpoint): boolean {
    const { acknowledges } = endpoint;
    if (this.#isAgain && (!acknowledges || this.#acknowledgements.has(endpoint))) return false;
    this.#candidates++;
    if (acknowledges) this.#acknowledging++;
    return true;
  }

  targeted(count: number, message: Message): void {
    this.#told = true;
    this.#message = message as BusMessage;
    // With groups and filters in between, nobody can say which were left out.
    this.#onlyAcknowledging = count === this.#candidates;
    this.#open = this.#onlyAcknowledging ? this.#acknowledging : count;
    if (this.#open === 0) this.#acknowledgedByAll();
  }

  settled(
    message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void {
    this.#told = true;
    if (this.ended) return;
    if (endpoint === undefined) {
      this.#message ??= message as BusMessage;
      this.#notTargeted(outcome, error);
      return;
    }
    if (endpoint.acknowledges) this.#judge(endpoint, outcome, value, error);
    else if (this.#onlyAcknowledging) return;
    if (--this.#open === 0) this.#allEnded();
  }

  #judge(endpoint: Endpoint, outcome: Outcome, value: unknown, error: BusError | undefined): void {
    if (outcome === 'handled') this.#acknowledgements.add(endpoint, 1);
    else if (outcome === 'forwarded') {
      this.#acknowledgements.add(endpoint, typeof value === 'number' ? value : 1);
    } else if (outcome === 'dead-lettered' || error === undefined) {
      this.#acknowledgements.add(endpoint, 0);
    } else this.#troubled(endpoint, told(endpoint, error));
  }

  #troubled(endpoint: Endpoint, error: BusError): void {
    // An offer may have been taken back under way; one that stands has filters, and all said no.
    if (error.code === 'BUS_NO_ROUTE' && endpoint.isRemote && endpoint.active) {
      if (this.#unwanted === endpoint) return;
      this.#unwanted = endpoint;
    }
    // Of several troubles the one that ends it counts.
    if (this.#trouble === undefined || isDecisive(error)) this.#trouble = error;
  }

  #allEnded(): void {
    const trouble = this.#trouble;
    if (trouble === undefined) {
      this.#acknowledgedByAll();
      return;
    }
    this.#keep(trouble);
    if (trouble.code === 'RELIABLE_DEAD_LETTERS_FULL') this.#fail(trouble);
    else if (finalCodes.includes(trouble.code)) this.#bury('rejected');
    else if (this.#isCalledOff()) this.#giveUp(trouble);
    else this.#publications.sendLater(this);
  }

  /** It reached nobody. */
  #notTargeted(outcome: Outcome, error: BusError | undefined): void {
    if (error === undefined) {
      // Whoever wanted it wants it no more.
      if (this.#attempt > 1 && this.#publications.stopping) this.#giveUp(this.#failures?.last);
      else this.#acknowledgedByAll();
    } else if (this.#attempt > 1 || outcome === 'cancelled' || outcome === 'expired') {
      this.#keep(error);
      this.#giveUp(error);
    } else this.#refused(error);
  }

  #refused(error: BusError): void {
    this.#fail(error);
  }

  /** Its sender ended it, by signal or by time, or the bus stops. */
  #isCalledOff(): boolean {
    const { env, leaving, stopping } = this.#publications;
    if (leaving || this.outgoing.options?.signal?.aborted) return true;
    if (stopping && this.#trouble?.code !== 'BUS_MAILBOX_FULL') return true;
    return this.#deadline !== undefined && this.#deadline <= env.now();
  }

  #keep(error: BusError): void {
    const { env } = this.#publications;
    if (this.#failures === undefined) {
      this.#failures = new Failures();
      this.#firstFailedAt = env.now();
      this.#firstFailedWall = env.wall();
    }
    this.#failures.add(error);
  }

  #acknowledgedByAll(): void {
    if (this.ended) return;
    this.#publications.acknowledged();
    this.#end();
    this.#resolve(this.#acknowledgements.count);
  }

  #giveUp(cause: unknown): void {
    if (!this.ended) this.#failAndReport(unacknowledged(this.topic, this.#attempt, cause));
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
    const { letters, env } = this.#publications;
    const message = this.#message;
    if (this.ended || message === undefined) return;
    const facts = {
      message,
      reason,
      attempts: this.#attempt,
      errors: this.#failures?.errors ?? [],
      firstAt: this.#firstFailedWall,
      lastAt: env.wall(),
      subscription: undefined,
    };
    const kept = (): void => {
      if (this.ended) return;
      this.#end();
      this.#resolve(this.#acknowledgements.count);
    };
    const { letter } = this.outgoing;
    if (letter !== undefined) {
      letter.failedAgain(facts);
      kept();
      return;
    }
    this.#publications.waitsNoMore(this);
    letters.add(new Letter(facts), kept, () =>
      this.#failAndReport(letters.full(this.topic, this.#failures?.last)),
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
    if (this.#deadline === undefined) return options;
    return { ...options, timeoutMs: Math.max(0, this.#deadline - this.#publications.env.now()) };
  }
}

/** What a peer's handler came to is the cause of what the kernel says of it. */
function told({ isRemote }: Endpoint, error: BusError): BusError {
  return isRemote && error.code === 'BUS_HANDLER_FAILED' && BusError.is(error.cause)
    ? error.cause
    : error;
}

function isDecisive({ code }: BusError): boolean {
  return code === 'RELIABLE_DEAD_LETTERS_FULL' || finalCodes.includes(code);
}
