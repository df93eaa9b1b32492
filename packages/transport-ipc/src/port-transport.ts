import type { Transport, TransportHost } from '@bus/wire';
import type { Port, PortFeatures } from './port.ts';
import { PortSession } from './port-session.ts';

/** One link over a port. Both ends connect, in either order. */
export class PortTransport implements Transport<PortFeatures> {
  readonly name = 'ipc';
  readonly address: string;
  readonly role = 'connect';
  readonly features: PortFeatures;
  readonly #port: Port;
  #session: PortSession | undefined;

  constructor(port: Port) {
    this.#port = port;
    this.address = port.remote;
    this.features = port.features;
  }

  async open(host: TransportHost, signal: AbortSignal): Promise<void> {
    if (this.#session !== undefined)
      throw new Error(
        `the port to ${this.address} was opened before: make another transport of it`,
      );
    this.#session = new PortSession(this.#port, host);
    await this.#session.open(signal);
  }

  async close(): Promise<void> {
    await (this.#session === undefined ? this.#port.close() : this.#session.end());
  }
}
