import { protocolError } from '../errors.ts';
import type { FrameType } from '../frames/frames.ts';
import { frame } from '../frames/frames.ts';
import { noBytes } from '../frames/memory.ts';

/** The link that two buses part by. */
export interface LeavingLink {
  readonly isClosed: boolean;
  /** Sends a frame at once. */
  say(type: FrameType, body: Uint8Array): void;
}

/**
 * How two buses part without losing what is under way: one says that it leaves, and the other says when
 * all that it had has been sent.
 */
export class Leaving {
  readonly #link: LeavingLink;
  #heard = false;
  /** Called when everything the peer had for us has come. */
  #left: (() => void) | undefined;

  constructor(link: LeavingLink) {
    this.#link = link;
  }

  /** Asks the peer to send no more; resolves when all that it had has come, or the link is gone. */
  ask(): Promise<void> {
    return new Promise((resolve) => {
      this.#left = resolve;
      this.#link.say(frame.leave, noBytes);
    });
  }

  /**
   * The peer leaves.
   * @param drain - resolves when all that is for it has been sent.
   * @throws WIRE_PROTOCOL_ERROR where it said so before.
   */
  onLeave(drain: () => Promise<void>): void {
    if (this.#heard) throw protocolError('it said twice that it leaves');
    this.#heard = true;
    void drain().then(() => {
      if (!this.#link.isClosed) this.#link.say(frame.left, noBytes);
    });
  }

  /** The peer has sent all that it had, or never will. */
  onLeft(): void {
    this.#left?.();
  }
}
