import type { Env, Timer } from '@bus/core';
import type { Connection, ConnectionEvents, TransportHost } from '@bus/wire';
import { isGoodbye } from './close-codes.ts';
import { highWaterBytes, lowWaterBytes } from './link-defaults.ts';

/** What is used of the platform's `WebSocket`. */
export interface PlatformSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  send(bytes: Uint8Array): void;
  close(code: number): void;
}

/** How often the amount waiting is looked at, while it is too much: nothing tells when it has left. */
const pollMs = 10;

/** Pages may not close with 1003 and 1009, so these are the application's own that look like them. */
const refusesText = 4003;
const refusesLength = 4009;

/** An open socket of the platform as a connection. */
export class PlatformConnection implements Connection {
  readonly remote: string;
  readonly local: boolean;
  readonly #socket: PlatformSocket;
  readonly #env: Env;
  readonly #mostBytes: number;
  readonly #events: ConnectionEvents;
  readonly #flushes: (() => void)[] = [];
  #timer: Timer;
  #paused = false;
  #ended = false;

  constructor(
    socket: PlatformSocket,
    end: { readonly remote: string; readonly local: boolean; readonly mostBytes: number },
    host: TransportHost,
  ) {
    this.#socket = socket;
    this.#mostBytes = end.mostBytes;
    this.#env = host.env;
    this.remote = end.remote;
    this.local = end.local;
    this.#events = host.connected(this);
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code }) => this.#end(isGoodbye(code) ? undefined : `code ${code}`);
  }

  send(bytes: Uint8Array): boolean {
    if (this.#ended) return false;
    this.#socket.send(bytes);
    if (this.#socket.bufferedAmount >= highWaterBytes) {
      this.#paused = true;
      this.#watch();
    }
    return !this.#paused;
  }

  flush(): Promise<void> {
    if (this.#ended || this.#socket.bufferedAmount === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#flushes.push(resolve);
      this.#watch();
    });
  }

  close(): void {
    // The platform may wait long for the far end's goodbye.
    this.#socket.close(1000);
    void Promise.resolve().then(() => this.#end(undefined));
  }

  #receive(data: unknown): void {
    if (this.#ended) return;
    if (!isBuffer(data)) this.#refuse(refusesText, 'text, where only binary messages are taken');
    else if (data.byteLength > this.#mostBytes)
      this.#refuse(refusesLength, `${data.byteLength} bytes, of ${this.#mostBytes} allowed`);
    else this.#events.receive(new Uint8Array(data));
  }

  #refuse(code: number, why: string): void {
    this.#socket.close(code);
    this.#end(why);
  }

  #watch(): void {
    this.#timer ??= this.#env.setTimer(() => this.#look(), pollMs);
  }

  #look(): void {
    this.#timer = undefined;
    const waiting = this.#socket.bufferedAmount;
    if (waiting === 0) this.#flushed();
    if (this.#paused && waiting <= lowWaterBytes) {
      this.#paused = false;
      this.#events.writable();
    }
    if (!this.#ended && (this.#paused || this.#flushes.length > 0)) this.#watch();
  }

  #flushed(): void {
    for (const resolve of this.#flushes.splice(0)) resolve();
  }

  #end(why: string | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#flushed();
    this.#events.closed(
      why === undefined ? undefined : new Error(`the WebSocket to ${this.remote} ended: ${why}`),
    );
  }
}

/** Also one of another realm, as where tests run in a window of their own. */
function isBuffer(data: unknown): data is ArrayBuffer {
  return Object.prototype.toString.call(data) === '[object ArrayBuffer]';
}
