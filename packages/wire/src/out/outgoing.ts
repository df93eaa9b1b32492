import type { Timer } from '@bus/core';
import type { FrameType } from '../frames/frames.ts';
import { fullBatchBytes } from '../frames/frames.ts';
import type { LinkContext } from '../link/link-context.ts';
import type { Connection } from '../plugin/transport.ts';
import { Outbox } from './outbox.ts';

/** Who a link's outgoing side belongs to. */
export interface OutgoingOwner {
  /** Will call {@link Outgoing.flush} before this turn is over. */
  flushLater(): void;
  /** What is still to be written for this batch. */
  beforeFlush(): void;
}

/**
 * When something leaves at the latest: as soon as what runs now has no more to add, in this turn of
 * the event loop, or when it has gathered for `batching.waitMs`.
 */
export type Urgency = 'soon' | 'turn' | 'later';

const settled = Promise.resolve();

/** A batch that the transport has not been given yet. */
type Batch = ReturnType<Outbox['take']>;

/**
 * What leaves by one connection, and when: early where somebody waits for it, else once a turn. While
 * the transport asks for a pause, it waits here.
 */
export class Outgoing {
  readonly outbox: Outbox;
  /** Whether the transport takes more. */
  isClear = true;
  /** Bytes given to the transport so far. */
  bytes = 0;
  /** Above this, a batch is sent although the turn is not over. */
  fullBytes: number = fullBatchBytes;
  readonly #context: LinkContext;
  readonly #connection: Connection;
  readonly #owner: OutgoingOwner;
  #waiting: Batch[] = [];
  #waitingBytes = 0;
  #scheduled = false;
  #timer: Timer;
  #rounding = false;
  /** What was in the outbox when the round before ended. */
  #roundUsed = 0;
  #closed = false;

  constructor(context: LinkContext, connection: Connection, owner: OutgoingOwner) {
    this.#context = context;
    this.#connection = connection;
    this.#owner = owner;
    this.outbox = new Outbox(context.memory);
  }

  /** Whether so much waits that nothing of the peer should be begun which adds to it. */
  get isFull(): boolean {
    if (this.isClear) return false;
    return this.#waitingBytes + this.outbox.used > this.#context.limits.outboxBytes;
  }

  /** To be called after something was put into the outbox. */
  wrote(when: Urgency): void {
    if (this.outbox.used >= this.fullBytes) this.flush();
    else if (when === 'soon') this.#soon();
    else if (when === 'turn') this.schedule();
    else this.#later();
  }

  /** Sends a frame, at once where the transport takes it. */
  say(type: FrameType, body: Uint8Array): void {
    // Nothing may follow a goodbye.
    this.#owner.beforeFlush();
    this.outbox.frame(type, body);
    this.flush();
  }

  /** Gives the transport all that waits, whether or not it asks for a pause. */
  handOver(): void {
    this.#take();
    while (this.#waiting.length > 0) this.#sendFirst();
  }

  /** Flushes before this turn of the event loop is over. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#owner.flushLater();
  }

  /** Sends what there is, as far as the transport takes it. */
  flush(): void {
    this.#scheduled = false;
    this.#forgetTimer();
    if (this.#closed) return;
    if (!this.isClear) {
      // Only whole batches: what is small gathers until the transport takes more.
      if (this.outbox.used >= this.fullBytes) this.#take();
      return;
    }
    this.#owner.beforeFlush();
    this.#take();
    this.#sendWaiting();
  }

  /** The transport takes more again. */
  clear(): void {
    this.isClear = true;
    this.#sendWaiting();
    if (this.isClear) this.flush();
  }

  /** Nothing leaves from here on. */
  close(): void {
    this.#closed = true;
    this.isClear = false;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#forgetTimer();
  }

  #later(): void {
    const { env, batching } = this.#context;
    if (batching.waitMs === 0) this.schedule();
    else this.#timer ??= env.setTimer(() => this.flush(), batching.waitMs);
  }

  #forgetTimer(): void {
    if (this.#timer !== undefined) this.#context.env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Flushes as soon as what runs now has no more to add. A turn of the event loop gathers more, but
   * is time that somebody waits for a reply.
   */
  #soon(): void {
    if (this.#rounding) return;
    this.#rounding = true;
    this.#roundUsed = this.outbox.used;
    void settled.then(this.#round);
  }

  readonly #round = (): void => {
    const { used } = this.outbox;
    if (used !== this.#roundUsed && used > 0) {
      this.#roundUsed = used;
      void settled.then(this.#round);
      return;
    }
    this.#rounding = false;
    this.flush();
  };

  /** What the outbox holds is a batch from here on. */
  #take(): void {
    if (this.outbox.used === 0) return;
    const batch = this.outbox.take();
    this.#waiting.push(batch);
    this.#waitingBytes += batch.bytes.length;
  }

  #sendWaiting(): void {
    while (this.isClear && this.#waiting.length > 0) this.#sendFirst();
  }

  #sendFirst(): void {
    const batch = this.#waiting.shift();
    if (batch === undefined) return;
    const { bytes, whole } = batch;
    const { memory } = this.#context;
    this.#waitingBytes -= bytes.length;
    this.bytes += bytes.length;
    const left = whole === undefined ? undefined : () => memory.give(whole);
    if (!this.#connection.send(bytes, left)) this.isClear = false;
  }
}
