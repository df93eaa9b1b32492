import type { Socket } from 'node:net';
import type { Connection, TransportHost } from '@bus/wire';

/** A socket as the wire uses it. */
class SocketConnection implements Connection {
  readonly remote: string;
  readonly local: boolean;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remote = `${socket.remoteAddress}:${socket.remotePort}`;
    this.local = /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
  }

  send(bytes: Uint8Array): boolean {
    return this.#socket.write(bytes);
  }

  flush(): Promise<void> {
    // Called back in the order of writes, and with an error where the socket is gone.
    return new Promise((resolve) => this.#socket.write('', () => resolve()));
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Hands a connected socket to the bus: from here on, whatever happens to it is told. */
export function attach(socket: Socket, host: TransportHost): void {
  let failure: unknown;
  socket.on('error', (error) => {
    failure = error;
  });
  const events = host.connected(new SocketConnection(socket));
  socket.on('data', (bytes) => events.receive(bytes));
  socket.on('drain', () => events.writable());
  socket.on('close', () => events.closed(failure));
}
