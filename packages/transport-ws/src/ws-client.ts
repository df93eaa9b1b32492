import { onAbort } from '@bus/core';
import type { LinkOptions, Transport, TransportHost } from '@bus/wire';
import WebSocket from 'ws';
import { isLoopback, linkUrl, shownUrl } from './address.ts';
import { refusedByListener } from './errors.ts';
import { handshakeMs, type WsFeatures, wsFeatures } from './link-defaults.ts';
import { WsConnection } from './ws-connection.ts';
import { wsLimits } from './ws-limits.ts';

/** The connecting side in Node. */
export class WsClient implements Transport<WsFeatures> {
  readonly name = 'ws';
  readonly role = 'connect';
  readonly address: string;
  readonly features: WsFeatures;
  readonly #url: URL;
  readonly #handshakeMs: number;
  #socket: WebSocket | undefined;

  constructor(connect: string, options: LinkOptions | undefined) {
    this.#url = linkUrl(connect);
    this.address = shownUrl(this.#url);
    this.features = wsFeatures(options);
    this.#handshakeMs = handshakeMs(options);
  }

  open(host: TransportHost, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const socket = new WebSocket(this.#url, {
        ...wsLimits(this.features.maxSendBytes),
        handshakeTimeout: this.#handshakeMs,
      });
      this.#socket = socket;
      let failure: unknown;
      const fail = (error: unknown): void => {
        failure ??= error;
        socket.terminate();
      };
      const forget = onAbort(signal, () => fail(signal.reason));
      socket.on('error', (error) => {
        failure ??= error;
      });
      socket.on('unexpected-response', (_request, response) => {
        fail(this.#refused(response.statusCode));
      });
      socket.once('open', () => {
        forget();
        new WsConnection(socket, this.address, isLoopback(this.#url.hostname)).start(host);
        resolve();
      });
      socket.once('close', () => {
        forget();
        reject(failure);
      });
    });
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.terminate();
    await closed;
  }

  #refused(status: number | undefined): Error {
    if (status === 403) return refusedByListener(this.address);
    return new Error(`${this.address} answered ${status} instead of opening a WebSocket`);
  }
}
