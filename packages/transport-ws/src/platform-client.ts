import { onAbort, withoutStack } from '@bus/core';
import type { LinkOptions, Transport, TransportHost } from '@bus/wire';
import { isLoopback, linkUrl, shownUrl } from './address.ts';
import { handshakeMs, type WsFeatures, wsFeatures } from './link-defaults.ts';
import { PlatformConnection, type PlatformSocket } from './platform-connection.ts';

/** Opens a socket of the platform, as `new WebSocket(url)` does. */
export type OpenSocket = (url: string) => PlatformSocket;

/** The connecting side on the platform's own `WebSocket`. */
export class PlatformClient implements Transport<WsFeatures> {
  readonly name = 'ws';
  readonly role = 'connect';
  readonly address: string;
  readonly features: WsFeatures;
  readonly #url: URL;
  readonly #handshakeMs: number;
  readonly #openSocket: OpenSocket;
  #close: () => void = () => undefined;

  constructor(connect: string, options: LinkOptions | undefined, openSocket: OpenSocket) {
    this.#url = linkUrl(connect);
    this.address = shownUrl(this.#url);
    this.features = wsFeatures(options);
    this.#handshakeMs = handshakeMs(options);
    this.#openSocket = openSocket;
  }

  open(host: TransportHost, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const socket = this.#openSocket(this.#url.href);
      socket.binaryType = 'arraybuffer';
      const fail = (error: unknown): void => {
        forget();
        socket.close(1000);
        reject(error);
      };
      const late = host.env.setTimer(() => fail(noHandshake(this.address)), this.#handshakeMs);
      const kept = onAbort(signal, () => fail(signal.reason));
      const forget = (): void => {
        host.env.clearTimer(late);
        kept();
      };
      this.#close = () => fail(new Error(`${this.address} was closed while it was opened`));
      socket.onclose = () => fail(noAnswer(this.address));
      socket.onopen = () => {
        forget();
        const end = {
          remote: this.address,
          local: isLoopback(this.#url.hostname),
          mostBytes: this.features.maxSendBytes,
        };
        const connection = new PlatformConnection(socket, end, host);
        this.#close = () => connection.close();
        resolve();
      };
    });
  }

  close(): Promise<void> {
    this.#close();
    this.#close = () => undefined;
    return Promise.resolve();
  }
}

/** Pages are not told why, so that they cannot explore a network. */
function noAnswer(address: string): Error {
  return new Error(
    `no WebSocket to ${address}: nothing listens there, it cannot be reached, or its \`listen.origins\` do not list this page's origin; the browser does not say which`,
  );
}

function noHandshake(address: string): Error {
  return withoutStack(() => new Error(`${address} did not answer in time`));
}
