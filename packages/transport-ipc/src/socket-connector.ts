import { once } from 'node:events';
import type { SocketConstructorOpts } from 'node:net';
import { Socket } from 'node:net';
import process from 'node:process';
import type { Transport, TransportHost } from '@bus/wire';
import { Opening } from './opening.ts';
import { checkedPipe, namesPipes } from './pipe-name.ts';
import type { SocketFeatures } from './socket-connection.ts';
import { SOCKET_FEATURES, SocketConnection, WAITING_BYTES } from './socket-connection.ts';
import { checkedPath, socketAt } from './socket-path.ts';

// Node's types do not know that a socket takes it, as every stream does.
const OPTIONS: SocketConstructorOpts & { highWaterMark: number } = { highWaterMark: WAITING_BYTES };

/** Connects to a socket file or named pipe. */
export class SocketConnector implements Transport<SocketFeatures> {
  readonly name = 'ipc';
  readonly address: string;
  readonly role = 'connect';
  readonly features: SocketFeatures = SOCKET_FEATURES;
  readonly #platform: NodeJS.Platform;
  #opening: Opening | undefined;
  #socket: Socket | undefined;

  constructor(address: string, platform: NodeJS.Platform = process.platform) {
    this.address = address;
    this.#platform = platform;
  }

  async open(host: TransportHost, signal: AbortSignal): Promise<void> {
    const opening = new Opening(signal);
    this.#opening = opening;
    const socket = new Socket(OPTIONS);
    this.#socket = socket;
    try {
      await this.#connect(socket, opening.signal);
    } catch (error) {
      socket.destroy();
      opening.signal.throwIfAborted();
      throw error;
    }
    const connection = new SocketConnection(socket, this.address);
    connection.tell(host.connected(connection));
  }

  async #connect(socket: Socket, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const path = namesPipes(this.#platform)
      ? checkedPipe(this.address)
      : await trustedSocket(this.address);
    signal.throwIfAborted();
    const connected = once(socket, 'connect', { signal });
    socket.connect(path);
    await connected;
    signal.throwIfAborted();
  }

  async close(): Promise<void> {
    this.#opening?.close();
    const socket = this.#socket;
    this.#opening = undefined;
    this.#socket = undefined;
    if (socket === undefined || socket.closed) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy();
    await closed;
  }
}

/** Whoever could put a socket of their own there would be told this side's credentials. */
async function trustedSocket(address: string): Promise<string> {
  const path = await checkedPath(address);
  await socketAt(path);
  return path;
}
