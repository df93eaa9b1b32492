import type { Env } from '@bus/core';
import { BusError, withoutStack } from '@bus/core';
import { linkLost } from '../errors.ts';
import { checkHeartbeat } from '../plugin/settings.ts';
import type { Heartbeat } from './peer.ts';

/** The link whose peer it is about. */
export interface PeerLifeOwner {
  readonly peer: string;
  readonly isClosed: boolean;
  /** Somebody here waits for what the peer has been asked or sent. */
  readonly isAwaiting: boolean;
  /** Asks for a sign of life, and says how often that happens where something is under way. */
  ask(intervalMs: number): void;
  /** The peer has become suspect, or is not any more. */
  suspected(): void;
  /** It is to be looked at more often from here on. */
  watched(): void;
}

/** A frame of which fewer bytes come within this time is given up. */
const frameMs = 10_000;
const frameProgressBytes = 16_384;

interface Waiting {
  resolve(roundTripMs: number): void;
  reject(error: BusError): void;
}

/** What one side of a link knows of the life of the other: anything that comes is a sign of it. */
export class PeerLife {
  heartbeat: Heartbeat;
  /** When something last came. */
  heardAt: number;
  /** Silent for longer than it should be. */
  suspect = false;
  /** The last round trip, in milliseconds. */
  roundTripMs: number | undefined;
  readonly #env: Env;
  readonly #owner: PeerLifeOwner;
  #lookedAt: number;
  /** It was asked for a sign of life, and nothing has come since. */
  #isAsked = false;
  #askedAt = 0;
  /** For how long it has had its chance to answer. */
  #unansweredMs = 0;
  /** One late look in this silence was overlooked. */
  #hasForgiven = false;
  /** How long ago a frame that has come in part has last got on, where there is one, and what came since. */
  #frameMs: number | undefined;
  #frameBytes = 0;
  /** When the ping was sent whose answer is measured; undefined where none is under way. */
  #measuredFrom: number | undefined;
  #waiting: Waiting[] = [];

  constructor(env: Env, owner: PeerLifeOwner, heartbeat: Heartbeat) {
    this.#env = env;
    this.#owner = owner;
    this.heartbeat = heartbeat;
    this.heardAt = env.now();
    this.#lookedAt = this.heardAt;
  }

  /** How often it has to be looked at, so that nothing is noticed much later than it is due. */
  get periodMs(): number {
    const { intervalMs, idleMs, suspectMs, downMs } = this.heartbeat;
    if (!this.#isAsked && !this.#owner.isAwaiting) return Math.min(idleMs, frameMs) / 2;
    return Math.max(1, Math.min(intervalMs, suspectMs - intervalMs, downMs - suspectMs) / 2);
  }

  /** Something has come. */
  heard(bytes: number): void {
    this.heardAt = this.#env.now();
    this.#isAsked = false;
    this.#frameBytes += bytes;
    if (this.#frameBytes >= frameProgressBytes) this.#frameMs = undefined;
    if (this.suspect) this.#setSuspect(false);
  }

  /** A frame has begun and not ended, or none has. */
  isWithinFrame(within: boolean): void {
    if (!within) this.#frameMs = undefined;
    else if (this.#frameMs === undefined) {
      this.#frameMs = 0;
      this.#frameBytes = 0;
    }
  }

  /**
   * Looks at its silence, when all that has come has been read, and asks for a sign of life where there
   * is reason to. Nobody is blamed who was not asked, or had no time to answer.
   * @param isLinked - whether it may be asked.
   * @returns why its link is to be closed, if it is.
   */
  look(now: number, isLinked: boolean): BusError | undefined {
    const { intervalMs, suspectMs, downMs } = this.heartbeat;
    const sinceMs = now - this.#lookedAt;
    this.#lookedAt = now;
    if (this.#frameMs !== undefined) {
      this.#frameMs += Math.min(sinceMs, frameMs / 2);
      if (this.#frameMs > frameMs) return this.#sentNothing('of a frame it began', frameMs);
    }
    if (!isLinked) return undefined;
    if (this.#isAsked) this.#unansweredMs += this.#answerTime(sinceMs);
    // Silence counts from when it was first asked, and a little before.
    const silentMs = this.#isAsked ? intervalMs + this.#unansweredMs : 0;
    if (silentMs >= downMs) return this.#sentNothing('at all', downMs);
    const suspect = silentMs >= suspectMs;
    if (suspect !== this.suspect) this.#setSuspect(suspect);
    if (this.#isDue(now)) this.#ask();
    return undefined;
  }

  /** @throws BUS_OPTION_INVALID where the times do not rise */
  watch(heartbeat: Heartbeat): void {
    checkHeartbeat(heartbeat);
    this.heartbeat = heartbeat;
    // At once, for it says how often the peer is to be heard of.
    this.#ask();
  }

  /**
   * Asks for a sign of life, or waits for the one that has been asked for.
   * @throws CORRELATION_PEER_GONE, by its promise
   */
  roundTrip(): Promise<number> {
    if (this.#owner.isClosed) return Promise.reject(linkLost(this.#owner.peer));
    const answer = new Promise<number>((resolve, reject) =>
      this.#waiting.push({ resolve, reject }),
    );
    if (this.#measuredFrom === undefined) this.#ask();
    return answer;
  }

  answered(): void {
    if (this.#measuredFrom === undefined) return;
    const roundTripMs = this.heardAt - this.#measuredFrom;
    this.roundTripMs = roundTripMs;
    this.#measuredFrom = undefined;
    for (const { resolve } of this.#waiting.splice(0)) resolve(roundTripMs);
  }

  /** Nothing will come any more. */
  close(cause: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(linkLost(this.#owner.peer, cause));
  }

  /**
   * How much of the time since the last look the peer could use. A look that comes late finds a peer
   * that may have stood still for the same reason, such as a machine that slept. That counts as no time
   * once in a silence, or else a side that is always late would wait for ever; then as one interval.
   */
  #answerTime(sinceMs: number): number {
    const { intervalMs } = this.heartbeat;
    if (sinceMs <= intervalMs) return sinceMs;
    if (this.#hasForgiven) return intervalMs;
    this.#hasForgiven = true;
    return 0;
  }

  #isDue(now: number): boolean {
    const { intervalMs, idleMs } = this.heartbeat;
    if (this.#isAsked) return now - this.#askedAt >= intervalMs;
    return now - this.heardAt >= (this.#owner.isAwaiting ? intervalMs : idleMs);
  }

  #ask(): void {
    const now = this.#env.now();
    this.#askedAt = now;
    // One more ping in the same silence is no new measurement: the answer to the first is what comes.
    this.#measuredFrom ??= now;
    if (!this.#isAsked) {
      this.#isAsked = true;
      this.#lookedAt = now;
      this.#unansweredMs = 0;
      this.#hasForgiven = false;
    }
    this.#owner.ask(this.heartbeat.intervalMs);
    this.#owner.watched();
  }

  #sentNothing(ofWhat: string, ms: number): BusError {
    const reason = `'${this.#owner.peer}' sent nothing ${ofWhat} for ${ms} ms`;
    return withoutStack(() => new BusError('WIRE_PROTOCOL_ERROR', reason, { reason }));
  }

  #setSuspect(suspect: boolean): void {
    this.suspect = suspect;
    this.#owner.suspected();
  }
}
