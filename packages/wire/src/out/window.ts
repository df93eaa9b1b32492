import { limitExceeded } from '../errors.ts';

/**
 * The credit one side has at the other: how many messages and bytes may be under way. One message may
 * overdraw the bytes, or none larger than what is left could ever pass.
 */
export class SendWindow {
  readonly messages: number;
  readonly bytes: number;
  #messagesOut = 0;
  #bytesOut = 0;

  constructor(messages: number, bytes: number) {
    this.messages = messages;
    this.bytes = bytes;
  }

  get isOpen(): boolean {
    return this.#messagesOut < this.messages && this.#bytesOut < this.bytes;
  }

  /** Messages sent and not known to have been accepted. */
  get unconfirmed(): number {
    return this.#messagesOut;
  }

  sent(bytes: number): void {
    this.#messagesOut++;
    this.#bytesOut += bytes;
  }

  /** The peer has accepted some. It cannot give more credit than it took. */
  confirmed(messages: number, bytes: number): void {
    this.#messagesOut = Math.max(0, this.#messagesOut - messages);
    this.#bytesOut = Math.max(0, this.#bytesOut - bytes);
  }
}

/** The other side of it: what a peer has sent, and what of that this bus has accepted. */
export class ReceiveWindow {
  readonly #messages: number;
  readonly #bytes: number;
  readonly #mostBytes: number;
  #messagesIn = 0;
  #bytesIn = 0;
  #acceptedMessages = 0;
  #acceptedBytes = 0;

  /** @param overdraft - by how many bytes one message may go past the window. */
  constructor(messages: number, bytes: number, overdraft: number) {
    this.#messages = messages;
    this.#bytes = bytes;
    this.#mostBytes = bytes + overdraft;
  }

  /** @throws WIRE_LIMIT_EXCEEDED where the peer sends without credit. */
  received(bytes: number): void {
    this.#messagesIn++;
    this.#bytesIn += bytes;
    if (this.#messagesIn > this.#messages) throw limitExceeded('windowMessages', this.#messages);
    if (this.#bytesIn > this.#mostBytes) throw limitExceeded('windowBytes', this.#bytes);
  }

  accepted(bytes: number): void {
    this.#acceptedMessages++;
    this.#acceptedBytes += bytes;
  }

  /** Whether it is time to tell the peer: half of either is spent. */
  get isDue(): boolean {
    return 2 * this.#acceptedMessages >= this.#messages || 2 * this.#acceptedBytes >= this.#bytes;
  }

  /** What has been accepted since this was last asked; that is credit again. */
  settle(): { readonly messages: number; readonly bytes: number } {
    const messages = this.#acceptedMessages;
    const bytes = this.#acceptedBytes;
    this.#messagesIn -= messages;
    this.#bytesIn -= bytes;
    this.#acceptedMessages = 0;
    this.#acceptedBytes = 0;
    return { messages, bytes };
  }
}
