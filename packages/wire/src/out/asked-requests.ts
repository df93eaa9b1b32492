import type { BusError, BusMessage, Message } from '@bus/core';
import { Verdict } from '@bus/core';
import { peerGone, protocolError } from '../errors.ts';
import { verdictOf } from '../failure.ts';
import type { ReceivedPayload } from '../in/received-payload.ts';
import type { Served } from '../interest/remote-endpoint.ts';
import { AskedRequest } from './asked-request.ts';
import { IdTable, mostIds } from './id-table.ts';

/** What the asking side sends about its requests. */
export interface AskingLink {
  readonly peer: string;
  now(): number;
  /** Writes the request under an id. */
  sendRequest(id: number, many: boolean, interest: number, message: BusMessage): void;
  /** Tells the peer to go on with a stream, to end it, or to give a request up. */
  tell(what: 'more' | 'enough' | 'cancel', id: number): void;
  /** There is room for another request. */
  freed(): void;
}

/** How close to a deadline both ends may see it pass, in milliseconds. */
const deadlineSlackMs = 20;

/**
 * The requests this side has sent over one link. Ids are the link's own, so a reply counts only from
 * the peer that was asked; the peer answers each once, also those that were cancelled.
 */
export class AskedRequests {
  readonly #link: AskingLink;
  readonly #most: number;
  readonly #asked = new IdTable<AskedRequest>();

  /** @param most - how many unanswered requests the peer takes. */
  constructor(link: AskingLink, most: number) {
    this.#link = link;
    this.#most = Math.min(most, mostIds);
  }

  get count(): number {
    return this.#asked.size;
  }

  get hasRoom(): boolean {
    return this.#asked.size < this.#most;
  }

  /**
   * Sends a request for an interest of the peer.
   * @param given - as the kernel has it, and may give it up.
   * @throws where it could not be written.
   */
  ask(served: Served, message: BusMessage, given: BusMessage): PromiseLike<unknown> {
    const id = this.#asked.nextId();
    this.#link.sendRequest(id, message.completion?.item !== undefined, served.interest.id, message);
    const asked = new AskedRequest(given, served);
    this.#asked.add(asked);
    return asked;
  }

  // What the peer says of one. It throws WIRE_PROTOCOL_ERROR where that is not under way.

  replied(id: number, payload: ReceivedPayload): void {
    const asked = this.#end(id);
    const { origin } = asked.message;
    try {
      // What is for another link goes there as it came.
      asked.resolve(origin === undefined ? payload.value() : payload);
    } catch (error) {
      asked.reject(error as BusError);
    }
  }

  failed(id: number, payload: ReceivedPayload): void {
    const asked = this.#underWay(id);
    let ended: BusError | Verdict;
    try {
      ended = verdictOf(payload.value(), asked.message.topic, this.#link.peer);
    } catch (cause) {
      ended = cause as BusError;
    }
    const { deadline } = asked.message;
    const isExpired = ended instanceof Verdict && ended.outcome === 'expired';
    if (isExpired && deadline !== undefined && !asked.givenUp) {
      if (deadline - this.#link.now() < deadlineSlackMs) {
        asked.spent = ended;
        return;
      }
    }
    this.#end(id);
    asked.reject(ended);
  }

  /** @param payload - true where several reply, each by an item; else nothing. */
  streams(id: number, payload: ReceivedPayload): void {
    const asked = this.#underWay(id);
    if (!asked.streams) this.#beginStream(asked, payload.value() === true);
  }

  /** One item of a streamed reply; the next is asked for when somebody has taken it. */
  item(id: number, payload: ReceivedPayload): void {
    const asked = this.#underWay(id);
    if (asked.offered || asked.enough) throw protocolError('an item came that was not asked for');
    if (!asked.streams) this.#beginStream(asked, false);
    const { message } = asked;
    const { endpoint } = asked.served;
    asked.offered = true;
    let more: boolean | Promise<boolean>;
    try {
      const value = message.origin === undefined ? payload.value() : payload;
      more = (endpoint && message.completion?.item?.(value, endpoint)) ?? false;
    } catch {
      // The connection is closed for a payload that cannot be read, which ends the request too.
      more = false;
    }
    if (typeof more === 'boolean') this.#took(id, asked, more);
    else void more.then((yes) => this.#took(id, asked, yes));
  }

  #took(id: number, asked: AskedRequest, more: boolean): void {
    // Its id may be another request's by now.
    if (this.#asked.get(id) !== asked) return;
    asked.offered = false;
    asked.enough = !more;
    this.#link.tell(more ? 'more' : 'enough', id);
  }

  /** The asker gave it up. */
  cancel(served: Served, message: Message): void {
    for (const [id, asked] of this.#asked.entries()) {
      if (asked.message !== message || asked.served !== served) continue;
      asked.givenUp = true;
      if (asked.spent === undefined) this.#link.tell('cancel', id);
      else {
        this.#end(id);
        asked.reject(asked.spent);
      }
      return;
    }
  }

  /** The link is gone, and all it had with it. */
  close(cause: unknown): void {
    for (const [id, asked] of this.#asked.entries()) {
      this.#asked.delete(id);
      const gone = peerGone(asked.message.topic, this.#link.peer, cause);
      asked.reject(new Verdict('rejected', gone));
    }
  }

  #beginStream(asked: AskedRequest, several: boolean): void {
    asked.streams = true;
    const { endpoint } = asked.served;
    if (endpoint !== undefined) asked.message.completion?.streams?.(endpoint, several);
  }

  #underWay(id: number): AskedRequest {
    const asked = this.#asked.get(id);
    if (asked !== undefined) return asked;
    throw protocolError(`request ${id} is answered, and is not under way`);
  }

  #end(id: number): AskedRequest {
    const asked = this.#underWay(id);
    const wasFull = !this.hasRoom;
    this.#asked.delete(id);
    if (wasFull) this.#link.freed();
    return asked;
  }
}
