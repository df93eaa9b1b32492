import type { Endpoint, Env, Timer } from '@bus/core';
import type { Backoff } from './backoff.ts';
import { backoffMs } from './backoff.ts';

/** Those that wait are looked at no more often. */
const tickMs = 10;

/** What may be sent again. */
export interface Resendable {
  readonly topic: string;
  /** How often it was sent. */
  readonly attempt: number;
  /** The last moment at which it may be sent again. */
  readonly lastAt: number;
  readonly ended: boolean;
  /** When it is to be sent again. */
  dueAt: number;
  /** Waits for its turn: until then only its sender can end it. */
  listen(): void;
  send(): void;
  /** Its time to be sent again is over. */
  expire(): void;
}

/** The publications that wait to be sent again, or for their turn, and when each is next looked at. */
export class Resends {
  readonly #env: Env;
  readonly #backoff: Backoff;
  /** Told of each that is sent again. */
  readonly #resent: () => void;
  readonly #waiting = new Set<Resendable>();
  #timer: Timer | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;
  /** Endpoints that have come in this turn. */
  #arrived: Endpoint[] = [];

  constructor(env: Env, backoff: Backoff, resent: () => void) {
    this.#env = env;
    this.#backoff = backoff;
    this.#resent = resent;
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(publication: Resendable): boolean {
    return this.#waiting.has(publication);
  }

  /** Sends it again after its backoff, or when somebody comes whom it may be for. */
  add(publication: Resendable): void {
    const wait = backoffMs(this.#backoff, publication.attempt, this.#env.random);
    publication.dueAt = Math.min(this.#env.now() + wait, publication.lastAt);
    this.#wait(publication);
    publication.listen();
  }

  /** Watches one that others of its key are before: its time may be over first. */
  awaitTurn(publication: Resendable): void {
    publication.listen();
    if (publication.ended || publication.lastAt === Number.POSITIVE_INFINITY) return;
    publication.dueAt = publication.lastAt;
    this.#wait(publication);
  }

  /** It waits no more. */
  remove(publication: Resendable): void {
    if (this.#waiting.delete(publication) && this.#waiting.size === 0) this.#disarm();
  }

  /** Somebody has come: what waits for the likes of it is sent, once the turn is over. */
  arrived(endpoint: Endpoint): void {
    if (this.#waiting.size === 0) return;
    if (this.#arrived.length === 0) this.#env.setTurn(() => this.#sendToArrived());
    this.#arrived.push(endpoint);
  }

  stop(): void {
    this.#waiting.clear();
    this.#disarm();
  }

  #wait(publication: Resendable): void {
    this.#waiting.add(publication);
    if (publication.dueAt < this.#wakeAt) this.#arm(publication.dueAt);
  }

  #sendAgain(publication: Resendable): void {
    this.#resent();
    publication.send();
  }

  #sendToArrived(): void {
    const arrived = this.#arrived.filter(({ active }) => active);
    this.#arrived = [];
    for (const publication of [...this.#waiting]) {
      const isFor = (endpoint: Endpoint): boolean => matches(endpoint, publication.topic);
      const isDue = publication.attempt > 0 && !publication.ended;
      if (isDue && arrived.some(isFor)) this.#sendAgain(publication);
    }
  }

  #arm(at: number): void {
    this.#disarm();
    const now = this.#env.now();
    const sleep = Math.max(at - now, tickMs);
    this.#wakeAt = now + sleep;
    this.#timer = this.#env.setTimer(this.#wake, sleep);
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
  }

  readonly #wake = (): void => {
    this.#timer = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    const now = this.#env.now();
    let earliest = Number.POSITIVE_INFINITY;
    for (const publication of [...this.#waiting]) {
      if (publication.ended || !this.#waiting.has(publication)) continue;
      if (publication.dueAt > now) earliest = Math.min(earliest, publication.dueAt);
      else if (publication.lastAt <= now) publication.expire();
      else this.#sendAgain(publication);
    }
    if (earliest < this.#wakeAt) this.#arm(earliest);
  };
}

function matches(endpoint: Endpoint, topic: string): boolean {
  const { matcher, pattern } = endpoint;
  return matcher === undefined ? pattern === topic : matcher.matches(endpoint, topic);
}
