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

  get isFull(): boolean {
    return this.#sender.isFull;
  }

  accepted(bytes: number): void {
    this.#window.accepted(bytes);
    this.settle();
  }

  /** Gives credit back where it is time. */
  settle(): void {
    if (this.#window.isDue) this.tell();
  }

  /**
   * Gives back what has been accepted since; where that is nothing, the peer learns that it is heard. One
   * that does not read what it is sent is told nothing.
   */
  tell(): void {
    if (this.#closed || !this.#sender.isClear) return;
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
