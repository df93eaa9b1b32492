import type { Socket } from 'node:net';
import type { Connection, ConnectionEvents } from '@bus/wire';

/** What a link over a socket or named pipe can do. */
export interface SocketFeatures {
  /** Bytes arrive cut anywhere. */
  readonly framing: 'stream';
  /** Sockets keep the order. */
  readonly ordered: true;
  /** From 256 KiB that wait to leave. */
  readonly backpressure: true;
  /** A listener can be opened again as well. */
  readonly reconnect: true;
  /** The system tells, also of a process that was killed. */
  readonly detectsClose: true;
  /** Everything is copied. */
  readonly transfers: false;
  /** There is no limit. */
  readonly maxSendBytes: undefined;
}

export const SOCKET_FEATURES: SocketFeatures = {
  framing: 'stream',
  ordered: true,
  backpressure: true,
  reconnect: true,
  detectsClose: true,
  transfers: false,
  maxSendBytes: undefined,
};

/** Bytes waiting to leave, above which `send` asks for a pause: several batches of the wire. */
export const WAITING_BYTES: number = 256 * 1024;

const NOTHING = new Uint8Array(0);

/** A socket as a connection. */
export class SocketConnection implements Connection {
  readonly remote: string;
  readonly local = true;
  readonly #socket: Socket;

  constructor(socket: Socket, remote: string) {
    this.#socket = socket;
    this.remote = remote;
  }

  /** Tells what happens from now on; to be called before anything could have happened. */
  tell(events: ConnectionEvents): void {
    let cause: Error | undefined;
    this.#socket
      .on('data', (bytes) => events.receive(bytes))
      .on('drain', () => events.writable())
      // Nobody reads any more what would still be sent, so there is nothing to wait for.
      .on('end', () => this.#socket.destroy())
      .on('error', (error) => {
        cause = error;
      })
      .on('close', () => events.closed(cause));
  }

  send(bytes: Uint8Array, left?: () => void): boolean {
    return this.#socket.write(bytes, left);
  }

  flush(): Promise<void> {
    if (this.#socket.writableLength === 0 || this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve, reject) => {
      // Writes are told of in order, so that of an empty one comes after all that were before it.
      this.#socket.write(NOTHING, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
