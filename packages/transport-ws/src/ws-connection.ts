import type { Buffer } from 'node:buffer';
import type { Connection, ConnectionEvents, TransportHost } from '@bus/wire';
import WebSocket from 'ws';
import { isGoodbye } from './close-codes.ts';
import { highWaterBytes, lowWaterBytes } from './link-defaults.ts';

/** An open socket of the `ws` package as a connection. */
export class WsConnection implements Connection {
  readonly remote: string;
  readonly local: boolean;
  /** Resolves when the socket is gone. */
  readonly gone: Promise<void>;
  readonly #socket: WebSocket;
  readonly #flushes: (() => void)[] = [];
  #events: ConnectionEvents | undefined;
  #unsent = 0;
  #paused = false;
  #failure: unknown;

  constructor(socket: WebSocket, remote: string, local: boolean) {
    this.#socket = socket;
    this.remote = remote;
    this.local = local;
    this.gone = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** To be called in the very turn in which the socket opened, before it reads anything. */
  start(host: TransportHost): void {
    const events = host.connected(this);
    this.#events = events;
    this.#socket.on('message', (data, isBinary) => {
      if (this.#failure !== undefined) return;
      if (isBinary) events.receive(plainBytes(data));
      else this.#refuseText();
    });
    this.#socket.on('error', (error) => {
      this.#failure ??= error;
    });
    this.#socket.on('close', (code) => this.#closed(events, code));
  }

  send(bytes: Uint8Array, left?: () => void): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#unsent += 1;
    this.#socket.send(
      bytes,
      left === undefined
        ? this.#left
        : () => {
            left();
            this.#left();
          },
    );
    if (this.#socket.bufferedAmount >= highWaterBytes) this.#paused = true;
    return !this.#paused;
  }

  flush(): Promise<void> {
    if (this.#unsent === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushes.push(resolve));
  }

  close(): void {
    this.#socket.terminate();
  }

  /** The kernel has taken what one `send` was given; or never will, as the socket is gone. */
  readonly #left = (): void => {
    this.#unsent -= 1;
    if (this.#unsent === 0) for (const resolve of this.#flushes.splice(0)) resolve();
    if (!this.#paused || this.#socket.bufferedAmount > lowWaterBytes) return;
    this.#paused = false;
    this.#events?.writable();
  };

  #refuseText(): void {
    this.#failure = new Error(`${this.remote} sent text where only binary messages are taken`);
    this.#socket.close(1003);
  }

  #closed(events: ConnectionEvents, code: number): void {
    if (this.#failure === undefined && !isGoodbye(code))
      this.#failure = new Error(`the WebSocket of ${this.remote} ended with code ${code}`);
    events.closed(this.#failure);
  }
}

/** Not a `Buffer`, whose `slice` shares memory: what a peer is sent must not depend on its platform. */
function plainBytes(data: WebSocket.RawData): Uint8Array {
  // As `binaryType` is left alone, it is one.
  const bytes = data as Buffer;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
