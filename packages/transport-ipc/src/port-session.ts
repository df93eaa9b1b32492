import { onAbort } from '@bus/core';
import type { Connection, ConnectionEvents, TransportHost } from '@bus/wire';
import type { Port } from './port.ts';
import type { PortMessage } from './port-message.ts';
import { byeFrom, dataFrom, helloFrom, MARK, readyFor } from './port-message.ts';

/**
 * What one `open` of a port brings about. Messages to an end that does not listen yet are lost on some
 * ports, so each end says hello, and the one that comes last is heard.
 */
export class PortSession implements Connection {
  readonly local = true;
  readonly remote: string;
  readonly #port: Port;
  readonly #host: TransportHost;
  readonly #id: string;
  #far: string | undefined;
  #events: ConnectionEvents | undefined;
  #detach: (() => void) | undefined;
  #met: (() => void) | undefined;
  #failed: ((reason: unknown) => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(port: Port, host: TransportHost) {
    this.#port = port;
    this.#host = host;
    this.remote = port.remote;
    this.#id = host.env.randomBytes(8).join('.');
  }

  /** Resolves when the far end listens too and the host has been told. */
  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const stopWatching = onAbort(signal, () => this.#leave(signal.reason));
    try {
      await new Promise<void>((resolve, reject) => {
        this.#met = resolve;
        this.#failed = reject;
        this.#attach();
      });
    } catch (error) {
      await this.#closed;
      throw error;
    } finally {
      stopWatching();
    }
  }

  send(bytes: Uint8Array): boolean {
    return this.#post(dataFrom(this.#id, bytes));
  }

  flush(): Promise<void> {
    return this.#closed ?? this.#port.flush();
  }

  close(): void {
    this.#leave();
  }

  /** Closes, and resolves when the port has closed as well. */
  async end(): Promise<void> {
    this.#leave(new Error('the transport was closed while it was being opened'));
    await this.#closed;
  }

  #attach(): void {
    const detach = this.#port.attach({
      message: (message) => this.#receive(message),
      // A channel has often room again at once: without a pause nothing else would have its turn.
      writable: () => this.#host.env.setTurn(() => this.#events?.writable()),
      gone: (error) => this.#gone(error),
    });
    if (this.#closed === undefined) this.#detach = detach;
    else detach();
    this.#post(helloFrom(this.#id));
  }

  /** The far end is gone, and nobody else may have said why. */
  #gone(error?: Error): void {
    if (error !== undefined && this.#closed === undefined) {
      this.#host.log.error(error.message, { cause: error.cause });
    }
    this.#close(error);
  }

  #receive(message: PortMessage): void {
    const { [MARK]: kind, from, to } = message;
    if (from === this.#id) return;
    if (kind === 'hello' && this.#far === undefined) {
      // Before the host is told, for its bytes would otherwise arrive first.
      this.#post(readyFor(from, this.#id));
      this.#meet(from);
    } else if (kind === 'ready' && this.#far === undefined && to === this.#id) {
      this.#meet(from);
    } else if (kind === 'data' && from === this.#far) {
      this.#events?.receive(message.bytes);
    } else if (kind === 'bye' && from === this.#far) {
      this.#close();
    }
  }

  #meet(far: string): void {
    if (this.#closed !== undefined) return;
    this.#far = far;
    this.#events = this.#host.connected(this);
    this.#met?.();
  }

  #post(message: PortMessage): boolean {
    if (this.#closed !== undefined) return false;
    try {
      return this.#port.post(message);
    } catch (error) {
      this.#close(error);
      return false;
    }
  }

  /** Closes from this end, which the far end cannot see of a thread or process that goes on. */
  #leave(reason?: unknown): void {
    this.#post(byeFrom(this.#id));
    this.#close(this.#far === undefined ? reason : undefined);
  }

  #close(error?: unknown): void {
    if (this.#closed !== undefined) return;
    this.#detach?.();
    this.#failed?.(error ?? new Error(`${this.remote} went before the link was up`));
    this.#closed = this.#finish(error);
  }

  async #finish(error: unknown): Promise<void> {
    await this.#port.close();
    this.#events?.closed(error);
  }
}
