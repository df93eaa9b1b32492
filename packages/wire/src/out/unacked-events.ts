import type { BusError, BusMessage, Message } from '@bus/core';
import { Verdict } from '@bus/core';
import { peerGone, protocolError } from '../errors.ts';
import { verdictOf } from '../failure.ts';
import type { ReceivedPayload } from '../in/received-payload.ts';
import { mostMembers } from '../interest/reach.ts';
import type { Served } from '../interest/remote-endpoint.ts';
import { PendingResult } from './pending-result.ts';

/** What the sending side says about its events. */
export interface AckedLink {
  readonly peer: string;
  /** Writes the event under an id. */
  sendEvent(id: number, interest: number, message: BusMessage): void;
  /** Tells the peer that an event is given up. */
  withdraw(id: number): void;
  /** There may be room for another event. */
  freed(): void;
}

/** The most events that may wait, whatever the peer takes. */
const mostUnacked = 32_768;

/** One event that the peer has and has said nothing of. */
class UnackedEvent extends PendingResult {
  readonly id: number;
  readonly message: BusMessage;
  readonly served: Served;

  constructor(id: number, message: BusMessage, served: Served) {
    super();
    this.id = id;
    this.message = message;
    this.served = served;
  }
}

/**
 * The events this side has sent over one link and the peer has not acknowledged. Ids rise by one with
 * every event, so that the peer can acknowledge runs of them.
 */
export class UnackedEvents {
  readonly #link: AckedLink;
  readonly #most: number;
  /** By id, modulo its length when it is full: twice what may wait, so that a free one is near. */
  readonly #slots: (UnackedEvent | undefined)[] = [];
  readonly #mask: number;
  #next = 0;
  #count = 0;
  /** Where the event stood that was given up last: the next is mostly the one after it. */
  #givenUp = 0;

  /** @param most - how many unacknowledged events the peer takes. */
  constructor(link: AckedLink, most: number) {
    this.#link = link;
    this.#most = Math.min(most, mostUnacked);
    this.#mask = 2 ** Math.ceil(Math.log2(2 * this.#most)) - 1;
  }

  get count(): number {
    return this.#count;
  }

  get hasRoom(): boolean {
    return this.#count < this.#most;
  }

  /**
   * Sends an event for an interest of the peer.
   * @param given - as the kernel has it, and may give it up.
   * @throws where it could not be written.
   */
  send(served: Served, message: BusMessage, given: BusMessage): PromiseLike<unknown> {
    // One that waits for long keeps its place, and those after it pass it.
    while (this.#slots[this.#next & this.#mask] !== undefined) this.#next++;
    const id = this.#next;
    this.#link.sendEvent(id, served.interest.id, message);
    const event = new UnackedEvent(id, given, served);
    this.#slots[id & this.#mask] = event;
    this.#next++;
    this.#count++;
    return event;
  }

  /**
   * A run of events has been acknowledged, each by so many endpoints.
   * @throws WIRE_PROTOCOL_ERROR where one of them is not under way: an ack costs what it ends.
   */
  acked(first: number, length: number, endpoints: number): void {
    const handled = Math.min(endpoints, mostMembers);
    for (let i = 0; i < length; i++) this.#end(first + i).resolve(handled);
    this.#link.freed();
  }

  /**
   * An event was not handled by all that it was for.
   * @throws WIRE_PROTOCOL_ERROR where it is not under way.
   */
  nacked(id: number, payload: ReceivedPayload): void {
    const event = this.#end(id);
    try {
      event.reject(verdictOf(payload.value(), event.message.topic, this.#link.peer));
    } catch (error) {
      event.reject(error as BusError);
    }
    this.#link.freed();
  }

  /** Its sender gave it up; its id stays in use until the peer has answered. */
  cancel(served: Served, message: Message): void {
    const slots = this.#slots;
    for (let i = 0; i < slots.length; i++) {
      const event = slots[(this.#givenUp + i) % slots.length];
      if (event === undefined || event.message !== message || event.served !== served) continue;
      this.#givenUp = (event.id & this.#mask) + 1;
      this.#link.withdraw(event.id);
      return;
    }
  }

  /** The link is gone, and what became of them is not known. */
  close(cause: unknown): void {
    const verdicts = new Map<string, Verdict>();
    for (const event of this.#slots.splice(0)) {
      if (event === undefined) continue;
      this.#count--;
      const { topic } = event.message;
      let verdict = verdicts.get(topic);
      if (verdict === undefined) {
        verdict = new Verdict('rejected', peerGone(topic, this.#link.peer, cause));
        verdicts.set(topic, verdict);
      }
      event.reject(verdict);
    }
  }

  #end(id: number): UnackedEvent {
    const slot = id % (this.#mask + 1);
    const event = this.#slots[slot];
    if (event === undefined || event.id !== id) {
      throw protocolError(`event ${id} is acknowledged, and is not under way`);
    }
    this.#slots[slot] = undefined;
    this.#count--;
    return event;
  }
}
