import type { Env, Timer } from '@bus/core';
import { limitExceeded } from '../errors.ts';
import { PerSecond } from '../link/per-second.ts';
import type { Interest } from './interest.ts';
import type { RemoteEndpoints } from './remote-endpoints.ts';

/** How often what waits is looked at. */
const tickMs = 20;

/**
 * Takes in what a peer says of its interests. Each change costs this bus, and every other that is told
 * of it, more than it costs the peer; so a peer may change as many in a second as it may have. What
 * comes faster waits, the last word on each interest.
 */
export class InterestIntake {
  readonly #env: Env;
  readonly #remotes: RemoteEndpoints;
  readonly #most: number;
  /** Those that the peer has offered and not taken back, whether that has been taken in or not. */
  readonly #offered = new Set<number>();
  /** By id, what is to be taken in; undefined for what is taken back. */
  readonly #waiting = new Map<number, Interest | undefined>();
  readonly #changes: PerSecond;
  readonly #fail: (error: unknown) => void;
  #timer: Timer;

  /**
   * @param most - `limits.interests`
   * @param fail - ends the link, where something here is wrong.
   */
  constructor(env: Env, remotes: RemoteEndpoints, most: number, fail: (error: unknown) => void) {
    this.#env = env;
    this.#fail = fail;
    this.#remotes = remotes;
    this.#most = most;
    this.#changes = new PerSecond(env);
  }

  /** @throws WIRE_LIMIT_EXCEEDED where the peer offers too much. */
  offered(interest: Interest): void {
    this.#offered.add(interest.id);
    if (this.#offered.size > this.#most) throw limitExceeded('interests', this.#most);
    this.#take(interest.id, interest);
  }

  /** What was not offered, or taken back already, is passed over. */
  revoked(id: number): void {
    if (!this.#offered.delete(id)) return;
    if (this.#remotes.has(id)) this.#take(id, undefined);
    else this.#waiting.delete(id);
  }

  close(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #take(id: number, interest: Interest | undefined): void {
    if (this.#waiting.size === 0 && this.#changes.next() <= this.#most) this.#apply(id, interest);
    else {
      this.#waiting.set(id, interest);
      this.#timer ??= this.#env.setTimer(this.#goOn, tickMs);
    }
  }

  readonly #goOn = (): void => {
    this.#timer = undefined;
    try {
      for (const [id, interest] of this.#waiting) {
        if (this.#changes.next() > this.#most) break;
        this.#waiting.delete(id);
        this.#apply(id, interest);
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#waiting.size > 0) this.#timer = this.#env.setTimer(this.#goOn, tickMs);
  };

  #apply(id: number, interest: Interest | undefined): void {
    if (interest === undefined) this.#remotes.revoked(id);
    else this.#remotes.offered(interest);
  }
}
