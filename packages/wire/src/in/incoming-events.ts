import type { BusError, Host, Message } from '@bus/core';
import { cancelledByPeer, limitExceeded, protocolError } from '../errors.ts';
import type { Failure } from '../failure.ts';
import { record } from '../frames/frames.ts';
import type { Sender } from '../out/sender.ts';
import type { AckingLink } from './incoming-event.ts';
import { IncomingEvent } from './incoming-event.ts';

/** The events of one peer that it waits to be acknowledged. */
export class IncomingEvents implements AckingLink {
  readonly #peer: string;
  readonly #most: number;
  readonly #sender: Sender;
  readonly #host: Host;
  /** Those that were not done with at once. */
  readonly #byId = new Map<number, IncomingEvent>();
  #closed = false;
  /** Acks that have not been written: of so many ids in a row, each by so many endpoints. */
  #first = 0;
  #length = 0;
  #endpoints = 0;

  /** @param most - how many may wait, `limits.unacknowledged`. */
  constructor(peer: string, most: number, sender: Sender, host: Host) {
    this.#peer = peer;
    this.#most = most;
    this.#sender = sender;
    this.#host = host;
  }

  get count(): number {
    return this.#byId.size;
  }

  /** @throws WIRE_LIMIT_EXCEEDED, WIRE_PROTOCOL_ERROR */
  begin(id: number): IncomingEvent {
    if (this.#byId.size > 0) {
      if (this.#byId.size >= this.#most) throw limitExceeded('unacknowledged', this.#most);
      if (this.#byId.has(id)) throw protocolError(`event ${id} has been sent twice`);
    }
    return new IncomingEvent(this, id);
  }

  /** Keeps one that the kernel has, and has not done with. */
  keep(event: IncomingEvent): void {
    if (!event.isAnswered && !this.#closed) this.#byId.set(event.id, event);
  }

  /** The sender gave one up. It may have been answered meanwhile. */
  cancel(id: number): void {
    this.#byId.get(id)?.cancel(cancelledByPeer(this.#peer, undefined));
  }

  /** Handlers go on: what they do is not lost, only its sender does not hear of it by this link. */
  close(): void {
    this.#closed = true;
    this.#byId.clear();
  }

  acked(id: number, endpoints: number): void {
    this.#byId.delete(id);
    if (this.#closed) return;
    if (this.#length > 0 && id === this.#first + this.#length && endpoints === this.#endpoints) {
      this.#length++;
      return;
    }
    this.settle();
    this.#first = id;
    this.#length = 1;
    this.#endpoints = endpoints;
    this.#sender.flushSoon();
  }

  nacked(id: number, failure: Failure): void {
    this.#byId.delete(id);
    this.#sender.failed(record.nack, id, failure);
  }

  end(message: Message, reason: BusError): void {
    this.#host.cancel(message, reason);
  }

  /** Writes the acks that are still to be written, before a batch leaves. */
  settle(): void {
    if (this.#length === 0) return;
    this.#sender.ack(this.#first, this.#length, this.#endpoints);
    this.#length = 0;
  }
}
