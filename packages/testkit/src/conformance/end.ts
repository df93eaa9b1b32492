import type { Env, Logger } from '@bus/core';
import type { Connection, ConnectionEvents, Transport, TransportHost } from '@bus/wire';
import { quiet } from '../quiet.ts';
import type { TransportEnd } from './fixture.ts';
import { transportOf } from './fixture.ts';
import type { Patience } from './patience.ts';
import { RecordedConnection } from './recorded-connection.ts';

/** One end of the link under test, and the host it is opened with. */
export class End implements TransportHost {
  readonly transport: Transport;
  readonly busId: string;
  readonly env: Env;
  readonly log: Logger = quiet;
  readonly connections: RecordedConnection[] = [];
  /** What `failed` was called with. */
  readonly failures: unknown[] = [];
  /** Called inside `connected`. */
  onConnected: ((connection: RecordedConnection) => void) | undefined;
  readonly #patience: Patience;

  constructor(busId: string, end: TransportEnd, env: Env, patience: Patience) {
    this.busId = busId;
    this.transport = transportOf(end);
    this.env = env;
    this.#patience = patience;
  }

  open(signal: AbortSignal = new AbortController().signal): Promise<void> {
    return this.#patience.of(this.transport.open(this, signal), `open of ${this.busId}`);
  }

  close(): Promise<void> {
    return this.#patience.of(this.transport.close(), `close of ${this.busId}`);
  }

  connected(connection: Connection): ConnectionEvents {
    const recorded = new RecordedConnection(connection, this.#patience);
    this.connections.push(recorded);
    this.onConnected?.(recorded);
    this.#patience.changed();
    return recorded;
  }

  failed(error: unknown): void {
    this.failures.push(error);
    this.#patience.changed();
  }

  /** The newest connection, once there are `count`. */
  async connection(count = 1): Promise<RecordedConnection> {
    await this.#patience.until(
      () => this.connections.length >= count,
      `connection ${count} of ${this.busId}`,
    );
    return this.connections[count - 1] as RecordedConnection;
  }

  /** Waits until nothing is open any more. */
  async isIdle(): Promise<void> {
    await this.#patience.until(
      () => this.connections.every((connection) => connection.isClosed),
      `closed at every connection of ${this.busId}`,
    );
  }
}
