import type { BigIntStats } from 'node:fs';
import { chmod, rename, unlink } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import type { Transport, TransportHost } from '@bus/wire';
import { addressInUse, pathUnsafe, systemCode } from './errors.ts';
import { Opening } from './opening.ts';
import { listenAt, withPathLock } from './path-lock.ts';
import { checkedPipe, namesPipes } from './pipe-name.ts';
import { answers } from './probe.ts';
import type { SocketFeatures } from './socket-connection.ts';
import { SOCKET_FEATURES, SocketConnection, WAITING_BYTES } from './socket-connection.ts';
import { checkedPath, lstatIfAny, socketAt } from './socket-path.ts';

/** Listens on a socket file or named pipe. */
export class SocketListener implements Transport<SocketFeatures> {
  readonly name = 'ipc';
  readonly address: string;
  readonly role = 'listen';
  readonly features: SocketFeatures = SOCKET_FEATURES;
  readonly #platform: NodeJS.Platform;
  #listening: Listening | undefined;

  constructor(address: string, platform: NodeJS.Platform = process.platform) {
    this.address = address;
    this.#platform = platform;
  }

  async open(host: TransportHost, signal: AbortSignal): Promise<void> {
    const listening = new Listening(this.address, this.#platform, host, signal);
    this.#listening = listening;
    await listening.opened;
  }

  async close(): Promise<void> {
    await this.#listening?.close();
  }
}

/** What one `open` has brought about. */
class Listening {
  /** Rejects when all that was open is closed again. */
  readonly opened: Promise<void>;
  readonly #platform: NodeJS.Platform;
  readonly #host: TransportHost;
  readonly #opening: Opening;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #isOpen = false;
  #published: { readonly path: string; readonly file: BigIntStats } | undefined;
  #closed: Promise<void> | undefined;

  constructor(
    address: string,
    platform: NodeJS.Platform,
    host: TransportHost,
    signal: AbortSignal,
  ) {
    this.#platform = platform;
    this.#host = host;
    this.#opening = new Opening(signal);
    this.#server = createServer({ highWaterMark: WAITING_BYTES }, (socket) =>
      this.#accept(socket, address),
    ).on('error', (error) => {
      if (this.#isOpen) host.failed(error);
    });
    this.opened = this.#open(address);
  }

  async #open(address: string): Promise<void> {
    try {
      this.#opening.signal.throwIfAborted();
      if (namesPipes(this.#platform)) await this.#listenOnPipe(checkedPipe(address));
      else await this.#listenOnFile(await listenablePath(address));
      this.#opening.signal.throwIfAborted();
      this.#isOpen = true;
    } catch (error) {
      await this.#release();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#opening.close();
    await this.opened.catch(() => undefined);
    await this.#release();
  }

  #listenOnFile(path: string): Promise<void> {
    return withPathLock(path, (directory) => this.#publish(path, directory));
  }

  /**
   * The socket gets its mode, and listens, before it gets its name: whoever finds the name finds mode
   * 0600 and an answer. A umask would do for the mode only, would hold for all that the process writes
   * meanwhile, and cannot be set in a worker thread.
   */
  async #publish(path: string, directory: string): Promise<void> {
    const stale = await socketAt(path);
    if (stale !== undefined && (await answers(path))) throw addressInUse(path);
    const unnamed = join(directory, 's');
    await listenAt(this.#server, unnamed);
    await chmod(unnamed, 0o600);
    const file = await socketAt(unnamed);
    this.#opening.signal.throwIfAborted();
    await rename(unnamed, path);
    if (file !== undefined) this.#published = { path, file };
  }

  /** A pipe goes with the process that made it: none is ever stale, and there is nothing to remove. */
  async #listenOnPipe(path: string): Promise<void> {
    try {
      await listenAt(this.#server, path);
    } catch (error) {
      if (systemCode(error) === 'EADDRINUSE') throw addressInUse(path, error);
      throw error;
    }
  }

  #accept(socket: Socket, address: string): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const connection = new SocketConnection(socket, address);
    connection.tell(this.#host.connected(connection));
  }

  #release(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    // While it still listens: nobody takes over a path that answers, so the file is still this one's.
    await this.#removeFile();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #removeFile(): Promise<void> {
    if (this.#published === undefined) return;
    const { path, file } = this.#published;
    const found = await lstatIfAny(path);
    if (found?.ino !== file.ino || found.dev !== file.dev) return;
    try {
      await unlink(path);
    } catch (error) {
      // Somebody else removed it, or the directory does not allow it: the next to listen takes it over.
      this.#host.log.debug(`left the socket file '${path}' behind`, { error });
    }
  }
}

async function listenablePath(address: string): Promise<string> {
  try {
    return await checkedPath(address);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw pathUnsafe(address, 'its directory does not exist: create it with mode 0700', error);
  }
}
