import type { BreakerSettings } from './options.ts';

/** `half-open`: a few messages try whether it can be closed. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** What the end of a message says of the endpoint it ended at. */
export type Sign = 'success' | 'failure' | 'none';

interface Probe {
  readonly id: string;
  readonly at: number;
}

/**
 * Whether one endpoint is fit for messages, by how those before ended. Counters only: no timer, no
 * promise. What began before the breaker last changed its state says nothing of it.
 */
export class Breaker {
  state: BreakerState = 'closed';
  /** When it came into this state, in milliseconds of `Env.now`; before all time if it never changed. */
  since: number = Number.NEGATIVE_INFINITY;
  readonly #settings: BreakerSettings;
  #streak = 0;
  // The window is two halves that take turns, so that nothing is kept per outcome.
  #halfEndsAt: number;
  #successes = 0;
  #failures = 0;
  #successesBefore = 0;
  #failuresBefore = 0;
  #openUntil = 0;
  readonly #probes: Probe[] = [];
  #probesPassed = 0;

  constructor(settings: BreakerSettings, now: number) {
    this.#settings = settings;
    this.#halfEndsAt = now + settings.windowMs / 2;
  }

  /** Failures since the last success. */
  get streak(): number {
    return this.#streak;
  }

  /** Counts a success, which matters where it is closed. */
  succeeded(begunAt: number): void {
    if (begunAt < this.since) return;
    if (begunAt >= this.#halfEndsAt) this.#turn(begunAt);
    this.#streak = 0;
    this.#successes++;
  }

  /** Counts a failure; says whether it is one too many, where it is closed. */
  failed(begunAt: number, now: number): boolean {
    if (begunAt < this.since || this.state !== 'closed') return false;
    if (now >= this.#halfEndsAt) this.#turn(now);
    this.#streak++;
    this.#failures++;
    const { failures, minimum, ratio } = this.#settings;
    const { failed, total } = this.recent;
    return this.#streak >= failures || (total >= minimum && failed >= ratio * total);
  }

  /** What the window has seen. */
  get recent(): { readonly failed: number; readonly total: number } {
    const failed = this.#failures + this.#failuresBefore;
    return { failed, total: failed + this.#successes + this.#successesBefore };
  }

  /** Milliseconds until it may be tried. */
  openFor(now: number): number {
    return this.state === 'open' ? Math.max(0, this.#openUntil - now) : 0;
  }

  /** Whether a message may try it now. */
  admits(now: number): boolean {
    if (this.state === 'open') return now >= this.#openUntil;
    if (this.state === 'closed') return false;
    const { probes, openMs } = this.#settings;
    // One that has not been heard of for so long may have been taken elsewhere.
    const waitedFor = this.#probes.filter(({ at }) => now < at + openMs).length;
    return waitedFor + this.#probesPassed < probes;
  }

  /** Notes that the message of this id tries it. */
  admit(id: string, now: number): void {
    if (this.state === 'open') {
      this.state = 'half-open';
      this.since = now;
    }
    this.#probes.push({ id, at: now });
    if (this.#probes.length > 2 * this.#settings.probes) this.#probes.shift();
  }

  /** How a message ended while it was half-open; one that does not try it is passed over. */
  probed(id: string, sign: Sign, now: number): void {
    const at = this.#probes.findIndex((probe) => probe.id === id);
    if (at < 0) return;
    this.#probes.splice(at, 1);
    if (sign === 'failure') this.open(now);
    else if (sign === 'success' && ++this.#probesPassed >= this.#settings.probes) this.close(now);
  }

  /** Lets no messages pass for `openMs`. */
  open(now: number): void {
    this.#enter('open', now);
    this.#openUntil = now + this.#settings.openMs;
  }

  /** Lets messages pass, and counts anew. */
  close(now: number): void {
    this.#enter('closed', now);
  }

  /** Forgets what was counted, where it must not open. */
  spare(now: number): void {
    this.#enter(this.state, this.since);
    this.#halfEndsAt = now + this.#settings.windowMs / 2;
  }

  #enter(state: BreakerState, now: number): void {
    this.state = state;
    this.since = now;
    this.#streak = 0;
    this.#successes = 0;
    this.#failures = 0;
    this.#successesBefore = 0;
    this.#failuresBefore = 0;
    this.#halfEndsAt = now + this.#settings.windowMs / 2;
    this.#probes.length = 0;
    this.#probesPassed = 0;
  }

  /** Begins a new half of the window. */
  #turn(now: number): void {
    const halfMs = this.#settings.windowMs / 2;
    const isNext = now < this.#halfEndsAt + halfMs;
    this.#successesBefore = isNext ? this.#successes : 0;
    this.#failuresBefore = isNext ? this.#failures : 0;
    this.#successes = 0;
    this.#failures = 0;
    this.#halfEndsAt = isNext ? this.#halfEndsAt + halfMs : now + halfMs;
  }
}
