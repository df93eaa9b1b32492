import type { BusMessage, Endpoint, Message } from '@bus/core';
import { BusError } from '@bus/core';
import { peerGone } from './errors.ts';
import type { ReceivedPayload } from './received-payload.ts';

/** What the asking side sends about its requests. */
export interface AskingLink {
  readonly peer: string;
  now(): number;
  /** Writes the request under an id. */
  sendRequest(id: number, many: boolean, interest: number, message: BusMessage): void;
  /** Tells the peer to go on with a stream, to end it, or to give a request up. */
  tell(what: 'more' | 'enough' | 'cancel', id: number): void;
  /** A reply to nothing that was asked of this peer, or not asked any more. */
  stray(): void;
  /** There is room for another request. */
  freed(): void;
}

/** One request that the peer has and has not answered. */
interface Asked {
  readonly message: BusMessage;
  readonly endpoint: Endpoint;
  resolve(value: unknown): void;
  reject(error: BusError): void;
  /** The peer's answer, where the asker's own deadline is about to say the same. */
  spent: BusError | undefined;
  streams: boolean;
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
  readonly #asked = new Map<number, Asked>();
  #next = 1;

  /** @param most - how many unanswered requests the peer takes. */
  constructor(link: AskingLink, most: number) {
    this.#link = link;
    this.#most = most;
  }

  get count(): number {
    return this.#asked.size;
  }

  get hasRoom(): boolean {
    return this.#asked.size < this.#most;
  }

  /**
   * Sends a request for an interest of the peer, which `endpoint` stands for.
   * @throws where it could not be written.
   */
  ask(endpoint: Endpoint, interest: number, message: BusMessage): Promise<unknown> {
    const id = this.#next++;
    this.#link.sendRequest(id, message.completion?.item !== undefined, interest, message);
    return new Promise((resolve, reject) => {
      const spent = undefined;
      this.#asked.set(id, { message, endpoint, resolve, reject, spent, streams: false });
    });
  }

  replied(id: number, payload: ReceivedPayload): void {
    const asked = this.#end(id);
    if (asked === undefined) return;
    const { origin } = asked.message;
    try {
      // What is for another link goes there as it came.
      asked.resolve(origin === undefined ? payload.value() : payload);
    } catch (error) {
      asked.reject(error as BusError);
    }
  }

  failed(id: number, payload: ReceivedPayload): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) {
      this.#link.stray();
      return;
    }
    let error: BusError;
    try {
      error = failureOf(payload.value(), this.#link.peer);
    } catch (cause) {
      error = cause as BusError;
    }
    const { deadline } = asked.message;
    if (error.code === 'BUS_EXPIRED' && deadline !== undefined) {
      if (deadline - this.#link.now() < deadlineSlackMs) {
        asked.spent = error;
        return;
      }
    }
    this.#end(id);
    asked.reject(error);
  }

  streams(id: number): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) this.#link.stray();
    else if (!asked.streams) this.#beginStream(asked);
  }

  /** One item of a streamed reply; the next is asked for when somebody has taken it. */
  item(id: number, payload: ReceivedPayload): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) {
      this.#link.stray();
      return;
    }
    if (!asked.streams) this.#beginStream(asked);
    const { message, endpoint } = asked;
    let more: boolean | Promise<boolean>;
    try {
      const value = message.origin === undefined ? payload.value() : payload;
      more = message.completion?.item?.(value, endpoint) ?? false;
    } catch {
      // The connection is closed for a payload that cannot be read, which ends the request too.
      more = false;
    }
    if (typeof more === 'boolean') this.#link.tell(more ? 'more' : 'enough', id);
    else void more.then((yes) => this.#link.tell(yes ? 'more' : 'enough', id));
  }

  /** The asker gave it up. */
  cancel(message: Message): void {
    for (const [id, asked] of this.#asked) {
      if (asked.message !== message) continue;
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
    const all = [...this.#asked.values()];
    this.#asked.clear();
    for (const { message, reject } of all) {
      reject(peerGone(message.topic, this.#link.peer, cause));
    }
  }

  #beginStream(asked: Asked): void {
    asked.streams = true;
    asked.message.completion?.streams?.(asked.endpoint);
  }

  #end(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    if (asked === undefined) {
      this.#link.stray();
      return undefined;
    }
    const wasFull = !this.hasRoom;
    this.#asked.delete(id);
    if (wasFull) this.#link.freed();
    return asked;
  }
}

/** The error of the peer's handler, with its own name, message, code and details. */
function failureOf(value: unknown, peer: string): BusError {
  const { code, name, message, details } = (value ?? {}) as Record<string, unknown>;
  const error = new BusError(
    typeof code === 'string' ? code : 'BUS_HANDLER_FAILED',
    typeof message === 'string' ? message : `a handler at '${peer}' failed`,
    details,
  );
  if (typeof name === 'string' && name !== '') {
    Object.defineProperty(error, 'name', { value: name, configurable: true });
  }
  return error;
}
