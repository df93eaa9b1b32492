import type {
  BusError,
  BusMessage,
  Completion,
  Endpoint,
  Message,
  Outcome,
  SendExtras,
} from '@bus/core';
import { isFinal, isLettersFull, peersError } from './errors.ts';

/** Whose message it is that is sent. */
export interface SendingOwner {
  /** What else is said of it is of no account. */
  readonly ended: boolean;
  /** All it went to have acknowledged it, as far as they acknowledge at all. */
  acknowledged(): void;
  /** All it went to are through with it, and some have not acknowledged it yet. */
  troubled(trouble: BusError): void;
  /** Nobody is left who may acknowledge it, and somebody never will. */
  refused(refusal: BusError): void;
  /** It went to nobody, or no link can carry it; `error` says why where it was refused or given up. */
  reachedNobody(outcome: Outcome, error: BusError | undefined): void;
}

/**
 * One message as the kernel is given it, and what the kernel says of it: who has acknowledged it,
 * however often it is sent, and who is still to say.
 */
export class Sending implements Completion, SendExtras {
  readonly completion: Completion = this;
  fields: NonNullable<SendExtras['fields']>;
  /** Its place among the messages of this bus, which makes its id: the same however often it is sent. */
  sequence = -1;
  /** How often it was sent. */
  attempt = 0;
  /** Undefined where it was never taken. */
  message: BusMessage | undefined;
  /** The kernel has said something of the sending under way. */
  told = false;
  /** What kept somebody from acknowledging the sending under way, or the last. */
  trouble: BusError | undefined;
  /** That was a mailbox of this bus that had no room: a peer may say so for ever. */
  isFull = false;
  /** The kernel is being given it: no peer can have said a word of it yet. */
  isLeaving = false;
  readonly #owner: SendingOwner;
  /** Endpoints of this bus, and groups, which are not to get it again. */
  #done: (Endpoint | string)[] | undefined;
  #lasting = 0;
  /** By endpoints of peers, which get it again: more subscribers may have come behind them since. */
  #beyond = 0;
  #mostBeyond = 0;
  #isAgain = false;
  // Of the sending under way.
  #candidates = 0;
  #acknowledging = 0;
  /** Targets that do not acknowledge are not waited for. */
  #onlyAcknowledging = false;
  #open = 0;
  /** Why somebody will never take it, who is not to get it again: others are. */
  #refusal: BusError | undefined;
  /** The peer's endpoint that took none of it. */
  #unwanted: Endpoint | undefined;

  constructor(owner: SendingOwner, fields: NonNullable<SendExtras['fields']>) {
    this.#owner = owner;
    this.fields = fields;
  }

  /** How many endpoints have acknowledged it. */
  get acknowledged(): number {
    return this.#lasting + Math.max(this.#beyond, this.#mostBeyond);
  }

  /** @param isReplay - it was sent before, as another publication. */
  begin(isReplay: boolean): void {
    this.attempt++;
    this.#isAgain = isReplay || this.attempt > 1;
    if (this.#isAgain) {
      this.fields = { ...this.fields, attempt: this.attempt };
      this.#mostBeyond = Math.max(this.#beyond, this.#mostBeyond);
      this.#beyond = 0;
    }
    this.told = false;
    this.isLeaving = true;
    this.trouble = undefined;
    this.isFull = false;
    this.#candidates = 0;
    this.#acknowledging = 0;
  }

  /** The first time everybody gets it; from then on whoever acknowledges and has not. */
  wants(endpoint: Endpoint): boolean {
    const { acknowledges } = endpoint;
    if (this.#isAgain && (!acknowledges || this.#has(endpoint))) return false;
    this.#candidates++;
    if (acknowledges) this.#acknowledging++;
    return true;
  }

  targeted(count: number, message: Message): void {
    this.told = true;
    this.message = message as BusMessage;
    // With groups and filters in between, nobody can say which were left out.
    const isEverybody = count === this.#candidates;
    this.#open = isEverybody ? this.#acknowledging : count;
    // Sent again, it goes to nobody else: what they still come to is of the first sending.
    this.#onlyAcknowledging = isEverybody || this.#isAgain;
    if (this.#open === 0) this.#end();
  }

  settled(
    message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    value: unknown,
    error: BusError | undefined,
  ): void {
    this.told = true;
    if (this.#owner.ended) return;
    if (endpoint === undefined) {
      this.message ??= message as BusMessage;
      if (this.#refusal !== undefined) this.#owner.refused(this.#refusal);
      else this.#owner.reachedNobody(outcome, error);
      return;
    }
    if (endpoint.acknowledges) this.#judge(endpoint, outcome, value, error);
    else if (this.#onlyAcknowledging) return;
    if (--this.#open === 0) this.#end();
  }

  #end(): void {
    if (this.trouble !== undefined) this.#owner.troubled(this.trouble);
    else if (this.#refusal !== undefined) this.#owner.refused(this.#refusal);
    else this.#owner.acknowledged();
  }

  #judge(endpoint: Endpoint, outcome: Outcome, value: unknown, error: BusError | undefined): void {
    if (outcome === 'handled') this.#add(endpoint, 1);
    else if (outcome === 'forwarded') this.#add(endpoint, typeof value === 'number' ? value : 1);
    else if (outcome === 'dead-lettered' || error === undefined) this.#add(endpoint, 0);
    else this.#troubled(endpoint, outcome, endpoint.isRemote ? peersError(error) : error);
  }

  /** A target has done with it, and stands for so many who have handled it. */
  #add(target: Endpoint, count: number): void {
    if (target.isRemote && target.group === undefined) {
      this.#beyond += count;
      return;
    }
    this.#lasting += count;
    this.#doneWith(target);
  }

  #doneWith(target: Endpoint): void {
    this.#done ??= [];
    this.#done.push(target.group ?? target);
  }

  #has(target: Endpoint): boolean {
    return this.#done?.includes(target.group ?? target) === true;
  }

  #troubled(endpoint: Endpoint, outcome: Outcome, error: BusError): void {
    const { code } = error;
    // An offer may have been taken back under way; one that stands has filters, and all said no.
    if (code === 'BUS_NO_ROUTE' && endpoint.isRemote && endpoint.active) {
      if (this.#unwanted === endpoint) return;
      this.#unwanted = endpoint;
    }
    // No link can carry it, whatever the limits of its peer.
    if (this.isLeaving && endpoint.isRemote && code === 'BUS_PAYLOAD_UNSUPPORTED') {
      this.#owner.reachedNobody(outcome, error);
      return;
    }
    // Who refuses it for good, a peer above all, speaks for no other. A handler's error is no refusal.
    if (isLettersFull(error) || (outcome !== 'failed' && isFinal(error))) {
      this.#refusal ??= error;
      this.#doneWith(endpoint);
      return;
    }
    this.trouble ??= error;
    this.isFull ||= code === 'BUS_MAILBOX_FULL' && !endpoint.isRemote;
  }
}
