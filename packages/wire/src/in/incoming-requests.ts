import type { BusError, Host, Message } from '@bus/core';
import { cancelledByPeer, limitExceeded, protocolError } from '../errors.ts';
import type { Failure } from '../failure.ts';
import { record } from '../frames/frames.ts';
import type { Sender } from '../out/sender.ts';
import type { AnsweringLink } from './incoming-request.ts';
import { IncomingRequest } from './incoming-request.ts';

/** The requests of one peer that have not been answered. */
export class IncomingRequests implements AnsweringLink {
  readonly #peer: string;
  readonly #most: number;
  readonly #sender: Sender;
  readonly #host: Host;
  readonly #byId = new Map<number, IncomingRequest>();

  /** @param most - how many may wait, `limits.pendingRequests`. */
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
  begin(id: number, many: boolean): IncomingRequest {
    if (this.#byId.size >= this.#most) throw limitExceeded('pendingRequests', this.#most);
    if (this.#byId.has(id)) throw protocolError(`request ${id} has been sent twice`);
    const request = new IncomingRequest(this, id, many);
    this.#byId.set(id, request);
    return request;
  }

  /** Answers a request that is not to be handled at all. */
  refuse(id: number, failure: Failure): void {
    this.fail(id, failure);
    this.answered(id);
  }

  /** What the asker says to one: `more`, `enough` or `cancel`. It may have been answered meanwhile. */
  say(type: number, id: number): void {
    const request = this.#byId.get(id);
    if (type === record.cancel) request?.cancel(cancelledByPeer(this.#peer, undefined));
    else request?.took(type === record.more);
  }

  /** Ends the handlers that nobody waits for any more. */
  close(cause: unknown): void {
    const reason = cancelledByPeer(this.#peer, cause);
    for (const request of [...this.#byId.values()]) request.cancel(reason);
    this.#byId.clear();
  }

  reply(id: number, value: unknown): void {
    this.#sender.about(record.reply, id, { value });
  }

  fail(id: number, failure: Failure): void {
    this.#sender.failed(record.failure, id, failure);
  }

  streams(id: number, several: boolean): void {
    this.#sender.about(record.stream, id, several ? { value: true } : undefined);
  }

  item(id: number, value: unknown): void {
    this.#sender.about(record.item, id, { value });
  }

  cancel(message: Message, reason: BusError): void {
    this.#host.cancel(message, reason);
  }

  answered(id: number): void {
    this.#byId.delete(id);
  }
}
