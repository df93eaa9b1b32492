import type { BusError, Env } from '@bus/core';
import { linkLost } from '../errors.ts';
import type { FrameType } from '../frames/frames.ts';
import { frame } from '../frames/frames.ts';
import { noBytes } from '../frames/memory.ts';
import { checkHeartbeat } from '../plugin/settings.ts';
import type { Heartbeat } from './peer.ts';

/** The link whose peer it is about. */
export interface PeerLifeOwner {
  readonly peer: string;
  readonly isClosed: boolean;
  /** Sends a frame at once. */
  say(type: FrameType, body: Uint8Array): void;
  /** The peer has become suspect, or is not any more. */
  suspected(): void;
  /** Its silence is judged in another way from here on. */
  watched(): void;
}

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
  /** Since when a frame has come in part only. */
  partialSince: number | undefined;
  /** The last round trip, in milliseconds. */
  roundTripMs: number | undefined;
  readonly #env: Env;
  readonly #owner: PeerLifeOwner;
  /** When a sign of life was first asked for in this silence, and when last. */
  #askedSince: number | undefined;
  #askedAt = 0;
  /** When the ping was sent whose answer is measured; undefined where none is under way. */
  #measuredFrom: number | undefined;
  #waiting: Waiting[] = [];

  constructor(env: Env, owner: PeerLifeOwner, heartbeat: Heartbeat) {
    this.#env = env;
    this.#owner = owner;
    this.heartbeat = heartbeat;
    this.heardAt = env.now();
  }

  /** Something has come. */
  heard(): void {
    this.heardAt = this.#env.now();
    this.#askedSince = undefined;
    if (this.suspect) this.#setSuspect(false);
  }

  /** A frame has begun and not ended, or none has. */
  isWithinFrame(within: boolean): void {
    this.partialSince = within ? (this.partialSince ?? this.heardAt) : undefined;
  }

  /**
   * Judges its silence, when all that has come has been read, and asks for a sign of life where there
   * is reason to. Nobody is blamed who was not asked, or had no time to answer.
   */
  judge(): 'alive' | 'down' {
    const { intervalMs, suspectMs, downMs } = this.heartbeat;
    const now = this.#env.now();
    const silentMs = now - this.heardAt;
    const hadTime = this.#askedSince !== undefined && now - this.#askedSince >= intervalMs;
    if (hadTime && silentMs >= downMs) return 'down';
    const suspect = hadTime && silentMs >= suspectMs;
    if (suspect !== this.suspect) this.#setSuspect(suspect);
    const asked = this.#askedSince !== undefined && now - this.#askedAt < intervalMs;
    if (silentMs >= intervalMs && !asked) this.#ask();
    return 'alive';
  }

  /**
   * This side was late by so much. That is as long as it takes to suspect somebody, or longer: then
   * its peer is not to blame, who may have been late for the same reason.
   */
  forgive(lagMs: number): void {
    const { intervalMs, suspectMs } = this.heartbeat;
    if (lagMs < suspectMs - intervalMs) return;
    this.heardAt = Math.min(this.heardAt + lagMs, this.#env.now());
    this.#askedSince = undefined;
    if (this.partialSince !== undefined) this.partialSince += lagMs;
  }

  /** @throws BUS_OPTION_INVALID where the three do not rise */
  watch(heartbeat: Heartbeat): void {
    checkHeartbeat(heartbeat);
    this.heartbeat = heartbeat;
    this.#owner.watched();
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

  #ask(): void {
    this.#askedAt = this.#env.now();
    this.#askedSince ??= this.#askedAt;
    // One more ping in the same silence is no new measurement: the answer to the first is what comes.
    this.#measuredFrom ??= this.#askedAt;
    this.#owner.say(frame.ping, noBytes);
  }

  #setSuspect(suspect: boolean): void {
    this.suspect = suspect;
    this.#owner.suspected();
  }
}
