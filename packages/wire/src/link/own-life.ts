import { frame } from '../frames/frames.ts';
import { noBytes } from '../frames/memory.ts';
import type { Outgoing } from '../out/outgoing.ts';
import { defaultHeartbeat } from '../plugin/settings.ts';
import type { Session } from './session.ts';

/** What this side of a link lets the other know of its own life. */
export class OwnLife {
  readonly #outgoing: Outgoing;
  #isAsked = false;
  /** How often the peer wants to hear something, when that was looked at, and what had been sent then. */
  #everyMs = defaultHeartbeat.intervalMs;
  #lookedAt = 0;
  #sentBytes = 0;

  constructor(outgoing: Outgoing) {
    this.#outgoing = outgoing;
  }

  /** The peer wants a sign of life, and may say how often. */
  asked(everyMs: number = this.#everyMs): void {
    this.#isAsked = true;
    this.#everyMs = everyMs;
  }

  /**
   * Answers what the bytes asked that have just been read, once however often that was. A peer that only
   * sends is told now and then that it is heard: its pings wait behind what it sends.
   */
  tell({ receiver }: Session, now: number): void {
    const outgoing = this.#outgoing;
    // To a peer that reads nothing, there is no end of what could be answered.
    if (this.#isAsked && !outgoing.isFull) outgoing.say(frame.pong, noBytes);
    this.#isAsked = false;
    if (now - this.#lookedAt < this.#everyMs / 2) return;
    if (outgoing.bytes === this.#sentBytes) {
      receiver.credit.tell();
      outgoing.flush();
    }
    this.#lookedAt = now;
    this.#sentBytes = outgoing.bytes;
  }
}
