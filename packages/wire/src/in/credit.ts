import { frame } from '../frames/frames.ts';
import type { Sender } from '../out/sender.ts';
import { ReceiveWindow } from '../out/window.ts';
import type { LinkLimits } from '../plugin/options.ts';
import type { InboxOwner } from './inbox.ts';

/** The credit this side gives a peer: counted as its messages come, given back as they are accepted. */
export class Credit implements InboxOwner {
  /** Messages that have come so far. */
  messages = 0;
  readonly #sender: Sender;
  readonly #window: ReceiveWindow;
  #closed = false;

  constructor({ windowMessages, windowBytes, frameBytes }: LinkLimits, sender: Sender) {
    this.#sender = sender;
    this.#window = new ReceiveWindow(windowMessages, windowBytes, frameBytes);
  }

  /** @throws WIRE_LIMIT_EXCEEDED where the peer sends without credit. */
  received(bytes: number): void {
    this.#window.received(bytes);
    this.messages++;
  }

  accepted(bytes: number): void {
    if (this.#window.accepted(bytes)) this.tell();
  }

  /** Gives back what has been accepted since; where that is nothing, the peer learns that it is heard. */
  tell(): void {
    if (this.#closed) return;
    const { messages, bytes } = this.#window.settle();
    this.#sender.numbers(frame.credit, messages, bytes);
  }

  hold(interest: number, on: boolean): void {
    this.#sender.numbers(on ? frame.hold : frame.resume, interest);
  }

  /** The peer is gone: what is accepted from here on is credit to nobody. */
  close(): void {
    this.#closed = true;
  }
}
