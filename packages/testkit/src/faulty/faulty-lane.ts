import type { Env, Timer } from '@bus/core';
import { join } from '../bytes.ts';
import type { Faults, Tally } from './faults.ts';

interface Piece {
  bytes: Uint8Array;
  readonly due: number;
}

/** How much later than others a reordered send may be. */
const reorderMs = 10;

/** What a lane needs to know. */
export interface LaneRules {
  readonly env: Env;
  random(): number;
  /** As they are now. */
  faults(): Faults;
  readonly tally: Tally;
  /** Whether nothing gets through for the time being. */
  held(): boolean;
  /** Whether the far end is gone, and nobody knows. */
  vanished(): boolean;
}

/** One direction of a connection: bytes go in, and come out as the faults have it. */
export class FaultyLane {
  readonly #rules: LaneRules;
  readonly #deliver: (bytes: Uint8Array) => void;
  readonly #advanced: () => void;
  /** By when they are due. */
  #pieces: Piece[] = [];
  #lastDue = 0;
  #timer: Timer;
  #bytes = 0;
  #emptied: (() => void)[] = [];

  /** @param advanced - told whenever less is waiting than before. */
  constructor(rules: LaneRules, deliver: (bytes: Uint8Array) => void, advanced: () => void) {
    this.#rules = rules;
    this.#deliver = deliver;
    this.#advanced = advanced;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(bytes: Uint8Array): void {
    const { tally, vanished } = this.#rules;
    tally.sends++;
    tally.taken += bytes.length;
    const { loss, duplication } = this.#rules.faults();
    if (vanished() || this.#happens(loss)) {
      tally.dropped += bytes.length;
      tally.droppedSends++;
      return;
    }
    this.#send(bytes);
    if (!this.#happens(duplication)) return;
    tally.duplicated += bytes.length;
    this.#send(bytes.slice());
  }

  /** Goes on after a partition. */
  resume(): void {
    this.#passDue();
  }

  /** Loses what is waiting. */
  drop(): void {
    const { tally, env } = this.#rules;
    tally.dropped += this.#bytes;
    tally.droppedSends += this.#pieces.length;
    tally.waiting -= this.#bytes;
    this.#pieces = [];
    this.#bytes = 0;
    env.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#settle();
  }

  /** Calls back when nothing is waiting any more. */
  whenEmpty(then: () => void): void {
    if (this.#pieces.length === 0) then();
    else this.#emptied.push(then);
  }

  /** Calls back when all is through that came before, a partition included. */
  whenThrough(then: () => void): void {
    if (this.#pieces.length === 0 && !this.#rules.held()) then();
    else this.#emptied.push(then);
  }

  #happens(share = 0): boolean {
    return share > 0 && this.#rules.random() < share;
  }

  #send(bytes: Uint8Array): void {
    const { split, coalesce } = this.#rules.faults();
    if (bytes.length > 1 && this.#happens(split)) {
      this.#rules.tally.splitSends++;
      const at = 1 + Math.floor(this.#rules.random() * (bytes.length - 1));
      this.#schedule(bytes.subarray(0, at));
      this.#schedule(bytes.subarray(at));
      return;
    }
    const last = this.#pieces.at(-1);
    if (last !== undefined && this.#happens(coalesce)) {
      this.#rules.tally.coalescedSends++;
      last.bytes = join([last.bytes, bytes]);
      this.#wait(bytes.length);
    } else this.#schedule(bytes);
  }

  #schedule(bytes: Uint8Array): void {
    const { env, faults, held, tally } = this.#rules;
    const { delayMs, reorder } = faults();
    const late = this.#happens(reorder);
    if (!late && delayMs === undefined && this.#pieces.length === 0 && !held()) {
      this.#pass(bytes);
      return;
    }
    const [least, most] = delayMs ?? [0, 0];
    const travels = least + this.#share(delayMs) * (most - least);
    let due = env.now() + travels;
    if (late) {
      tally.reorderedSends++;
      due += most - least + this.#rules.random() * reorderMs;
    } else {
      due = Math.max(due, this.#lastDue);
      this.#lastDue = due;
    }
    const after = this.#pieces.findLastIndex((piece) => piece.due <= due);
    this.#pieces.splice(after + 1, 0, { bytes, due });
    this.#wait(bytes.length);
    this.#arm();
  }

  #share(delayMs: Faults['delayMs']): number {
    return delayMs === undefined ? 0 : this.#rules.random();
  }

  #wait(bytes: number): void {
    this.#bytes += bytes;
    this.#rules.tally.waiting += bytes;
  }

  #pass(bytes: Uint8Array): void {
    const { tally, vanished } = this.#rules;
    if (vanished()) {
      tally.dropped += bytes.length;
      tally.droppedSends++;
      return;
    }
    tally.passed += bytes.length;
    this.#deliver(bytes);
  }

  #arm(): void {
    const { env, held } = this.#rules;
    env.clearTimer(this.#timer);
    this.#timer = undefined;
    const [first] = this.#pieces;
    if (first === undefined || held()) return;
    this.#timer = env.setTimer(() => this.#passDue(), Math.max(0, first.due - env.now()));
  }

  #passDue(): void {
    const { env, held } = this.#rules;
    this.#timer = undefined;
    for (let first = this.#pieces[0]; first !== undefined; first = this.#pieces[0]) {
      if (first.due > env.now() || held()) break;
      this.#pieces.shift();
      this.#wait(-first.bytes.length);
      this.#pass(first.bytes);
    }
    this.#advanced();
    if (this.#pieces.length === 0) this.#settle();
    else this.#arm();
  }

  #settle(): void {
    const emptied = this.#emptied;
    this.#emptied = [];
    for (const then of emptied) then();
  }
}
