import type { Env } from '@bus/core';
import type { Connection, ConnectionEvents } from '@bus/wire';

/** The options of a memory transport, with their defaults. */
export interface MemorySettings {
  readonly framing: 'stream' | 'message';
  readonly bufferBytes: number;
  readonly maxSendBytes: number | undefined;
}

/** One end of a connection in memory, with the bytes that are on their way to the other. */
export class MemoryEnd implements Connection {
  readonly remote: string;
  readonly local = true;
  readonly #env: Env;
  readonly #settings: MemorySettings;
  readonly #gone: () => void;
  #far: MemoryEnd | undefined;
  #events: ConnectionEvents | undefined;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #pumping = false;
  #asksForPause = false;
  #closed = false;
  #flushed: (() => void)[] = [];

  /** @param gone - told once it has been closed, from whichever side. */
  constructor(remote: string, env: Env, settings: MemorySettings, gone: () => void) {
    this.remote = remote;
    this.#env = env;
    this.#settings = settings;
    this.#gone = gone;
  }

  /** Ties two ends together; both are to be told of before any byte is delivered. */
  static join(near: MemoryEnd, far: MemoryEnd): void {
    near.#far = far;
    far.#far = near;
  }

  set events(events: ConnectionEvents) {
    this.#events = events;
  }

  send(bytes: Uint8Array): boolean {
    if (this.#closed) return false;
    const { maxSendBytes, bufferBytes } = this.#settings;
    if (maxSendBytes !== undefined && bytes.length > maxSendBytes) {
      this.close(
        new Error(`a send of ${bytes.length} bytes, where ${maxSendBytes} is the most: send less`),
      );
      return false;
    }
    if (bytes.length > 0) {
      this.#waiting.push(bytes);
      this.#bytes += bytes.length;
      this.#deliverLater();
    }
    if (this.#bytes >= bufferBytes) this.#asksForPause = true;
    return !this.#asksForPause;
  }

  flush(): Promise<void> {
    if (this.#closed || this.#bytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push(resolve));
  }

  close(error?: unknown): void {
    if (this.#closed) return;
    this.#end(error);
    if (this.#far !== undefined) this.#far.#end(error);
  }

  #end(error: unknown): void {
    this.#closed = true;
    this.#waiting = [];
    this.#bytes = 0;
    this.#settleFlushes();
    this.#gone();
    this.#env.setTurn(() => this.#events?.closed(error));
  }

  #settleFlushes(): void {
    const flushed = this.#flushed;
    this.#flushed = [];
    for (const resolve of flushed) resolve();
  }

  /** Turns are the receiver's: where its loop stands still, nothing arrives. */
  #deliverLater(): void {
    if (this.#pumping || this.#far === undefined) return;
    this.#pumping = true;
    this.#far.#env.setTurn(() => this.#deliver());
  }

  #deliver(): void {
    this.#pumping = false;
    const far = this.#far;
    if (far === undefined) return;
    for (const piece of this.#take()) {
      if (this.#closed) return;
      this.#bytes -= piece.length;
      far.#events?.receive(piece);
    }
    if (this.#closed) return;
    if (this.#waiting.length > 0) this.#deliverLater();
    else this.#settleFlushes();
    if (this.#asksForPause && this.#bytes <= this.#settings.bufferBytes / 2) {
      this.#asksForPause = false;
      this.#events?.writable();
    }
  }

  /** What arrives in one turn: copies, since receivers own what they get. */
  #take(): Uint8Array[] {
    const { framing, bufferBytes } = this.#settings;
    return framing === 'message' ? this.#takeMessages(bufferBytes) : [this.#takeBytes(bufferBytes)];
  }

  #takeMessages(atLeast: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    for (let bytes = 0; bytes < atLeast; ) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      taken.push(next.slice());
      bytes += next.length;
    }
    return taken;
  }

  #takeBytes(atMost: number): Uint8Array {
    const piece = new Uint8Array(Math.min(atMost, this.#bytes));
    let filled = 0;
    let used = 0;
    while (filled < piece.length) {
      const next = this.#waiting[used] as Uint8Array;
      const part = next.subarray(0, piece.length - filled);
      piece.set(part, filled);
      filled += part.length;
      if (part.length === next.length) used++;
      else this.#waiting[used] = next.subarray(part.length);
    }
    this.#waiting.splice(0, used);
    return piece;
  }
}
