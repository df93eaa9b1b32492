import type { Connection, ConnectionEvents } from '@bus/wire';
import type { Patience } from './patience.ts';

/** One connection as the kit sees it: what came of it, and in which order. */
export class RecordedConnection implements ConnectionEvents {
  readonly connection: Connection;
  /** What came in, as it came; never copied. */
  readonly received: Uint8Array[] = [];
  receivedBytes = 0;
  writables = 0;
  /** How often `closed` was called. */
  closes = 0;
  closedWith: unknown;
  /** What was called after `closed`. */
  readonly afterClosed: string[] = [];
  /** Gets what comes in, instead of {@link received}. */
  sink: ((bytes: Uint8Array) => void) | undefined;
  readonly #patience: Patience;

  constructor(connection: Connection, patience: Patience) {
    this.connection = connection;
    this.#patience = patience;
  }

  get isClosed(): boolean {
    return this.closes > 0;
  }

  receive(bytes: Uint8Array): void {
    if (this.isClosed) this.afterClosed.push(`receive of ${bytes.length} bytes`);
    this.receivedBytes += bytes.length;
    if (this.sink === undefined) this.received.push(bytes);
    else this.sink(bytes);
    this.#patience.changed();
  }

  writable(): void {
    if (this.isClosed) this.afterClosed.push('writable');
    this.writables++;
    this.#patience.changed();
  }

  closed(error?: unknown): void {
    this.closes++;
    if (this.closes === 1) this.closedWith = error;
    this.#patience.changed();
  }

  /** Sends one by one, pausing whenever the transport asks for it. */
  async sendAll(pieces: Iterable<Uint8Array>): Promise<void> {
    for (const piece of pieces) {
      const { writables } = this;
      if (this.connection.send(piece)) continue;
      await this.#patience.until(
        () => this.writables > writables || this.isClosed,
        'writable after a send that returned false',
      );
    }
  }

  /** Waits until so many bytes have come in, in all, or until it has seen enough. */
  async gets(bytes: number, enough: () => boolean = () => false): Promise<void> {
    await this.#patience.until(
      () => this.receivedBytes >= bytes || this.isClosed || enough(),
      () => `${bytes} bytes at the far end, where ${this.receivedBytes} have come`,
    );
    if (this.receivedBytes >= bytes || enough()) return;
    const why = this.closedWith === undefined ? '' : `: ${String(this.closedWith)}`;
    throw new Error(`closed after ${this.receivedBytes} of ${bytes} bytes${why}`);
  }

  async isGone(what = 'closed'): Promise<void> {
    await this.#patience.until(() => this.isClosed, what);
  }
}
