import type { Env } from '@bus/core';
import type { Connection, ConnectionEvents } from '@bus/wire';
import type { Direction } from './faults.ts';
import type { LaneRules } from './faulty-lane.ts';
import { FaultyLane } from './faulty-lane.ts';

/** A connection with a faulty lane in each direction. */
export class FaultyConnection implements Connection, ConnectionEvents {
  readonly remote: string;
  readonly local: boolean;
  readonly #inner: Connection;
  readonly #env: Env;
  readonly #bufferBytes: number;
  readonly #out: FaultyLane;
  readonly #in: FaultyLane;
  readonly #gone: () => void;
  #events: ConnectionEvents | undefined;
  #vanished = false;
  #innerIsFull = false;
  #asksForPause = false;
  #ended = false;
  #abandoned = false;
  /** The transport has told of the end while nobody was to know. */
  #missedClose = false;

  /**
   * @param bufferBytes - bytes on their way out, above which `send` returns false.
   * @param gone - told when it is over.
   */
  constructor(
    inner: Connection,
    rules: (direction: Direction) => Omit<LaneRules, 'vanished'>,
    bufferBytes: number,
    gone: () => void,
  ) {
    this.#inner = inner;
    this.#env = rules('out').env;
    this.remote = inner.remote;
    this.local = inner.local;
    this.#bufferBytes = bufferBytes;
    this.#gone = gone;
    const vanished = (): boolean => this.#vanished;
    this.#out = new FaultyLane(
      { ...rules('out'), vanished },
      (bytes) => {
        if (!inner.send(bytes)) this.#innerIsFull = true;
      },
      () => this.#makeRoom(),
    );
    this.#in = new FaultyLane(
      { ...rules('in'), vanished },
      (bytes) => this.#events?.receive(bytes),
      () => undefined,
    );
  }

  set events(events: ConnectionEvents) {
    this.#events = events;
  }

  send(bytes: Uint8Array): boolean {
    if (this.#ended) return false;
    this.#out.push(bytes);
    if (this.#innerIsFull || this.#out.bytes >= this.#bufferBytes) this.#asksForPause = true;
    return !this.#asksForPause;
  }

  async flush(): Promise<void> {
    await new Promise<void>((resolve) => this.#out.whenEmpty(resolve));
    await this.#inner.flush();
  }

  /** Also of a half-open connection, which only this end knows to be over. */
  close(): void {
    this.abandon();
    this.#inner.close();
  }

  /** Loses what is on its way: it is about to be closed from here. */
  abandon(): void {
    this.#vanished = false;
    this.#abandoned = true;
    this.#ended = true;
    this.#out.drop();
    this.#in.drop();
    if (!this.#missedClose) return;
    this.#missedClose = false;
    this.#env.setTurn(() => this.closed());
  }

  /** The far end is gone, and nothing tells. */
  vanish(): void {
    this.#vanished = true;
    this.#out.drop();
    this.#in.drop();
  }

  resume(direction: Direction): void {
    (direction === 'out' ? this.#out : this.#in).resume();
  }

  receive(bytes: Uint8Array): void {
    if (!this.#ended) this.#in.push(bytes);
  }

  writable(): void {
    this.#innerIsFull = false;
    this.#makeRoom();
  }

  closed(error?: unknown): void {
    if (this.#vanished) {
      this.#missedClose = true;
      return;
    }
    this.#ended = true;
    this.#out.drop();
    const tell = (): void => {
      this.#gone();
      this.#events?.closed(error);
    };
    // What came before the end is told of before the end, unless it was closed from here.
    if (this.#abandoned) tell();
    else this.#in.whenThrough(tell);
  }

  #makeRoom(): void {
    if (!this.#asksForPause || this.#innerIsFull || this.#ended) return;
    if (this.#out.bytes > this.#bufferBytes / 2) return;
    this.#asksForPause = false;
    this.#events?.writable();
  }
}
