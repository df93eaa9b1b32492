import type { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TransportHost } from '@bus/wire';
import type { WebSocketServer } from 'ws';
import { isLoopback } from './address.ts';
import { originRefused } from './errors.ts';
import type { OriginRule } from './origins.ts';
import { Refusals } from './refusals.ts';
import { refuseUpgrade } from './upgrade-routes.ts';
import { WsConnection } from './ws-connection.ts';

/** Headers by which a proxy says that it speaks for somebody else, who may be anywhere. */
const proxyHeaders = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/** The rules of one listener. */
export interface AdmissionRules {
  readonly admits: OriginRule;
  readonly connections: number;
  readonly address: () => string;
}

/** Decides who gets a WebSocket, from when the listener opens until it closes. */
export class Admission {
  readonly #host: TransportHost;
  readonly #rules: AdmissionRules;
  readonly #sockets: WebSocketServer;
  readonly #refusals: Refusals;
  readonly #connections = new Set<WsConnection>();

  constructor(host: TransportHost, rules: AdmissionRules, sockets: WebSocketServer) {
    this.#host = host;
    this.#rules = rules;
    this.#sockets = sockets;
    this.#refusals = new Refusals(host);
  }

  /** Takes a request for a WebSocket, or refuses it before it has become one. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // The second name is that of old versions of the protocol, which `ws` still speaks.
    const origin = request.headers.origin ?? request.headers['sec-websocket-origin'];
    if (origin !== undefined && !this.#rules.admits(String(origin), request.headers.host)) {
      refuseUpgrade(socket, 403);
      // As long as a header may be, and written by somebody who was refused.
      const shown = JSON.stringify(String(origin).slice(0, 200)).slice(1, -1);
      this.#refusals.add('origin', () => {
        const error = originRefused(shown, this.#rules.address());
        return `${error.code}: ${error.message}`;
      });
    } else if (this.#connections.size >= this.#rules.connections) {
      refuseUpgrade(socket, 503);
      this.full();
    } else {
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const address = remoteOf(request);
        this.#add(new WsConnection(webSocket, address, isLocal(request, address)));
      });
    }
  }

  /** Counts one that came when there was no room. */
  full(): void {
    const { connections, address } = this.#rules;
    this.#refusals.add(
      'connections',
      () =>
        `${address()} has its ${connections} connections and refuses more: raise limits.connections, or see who opens so many`,
    );
  }

  /** Closes all that it let in. */
  async close(): Promise<void> {
    const connections = [...this.#connections];
    for (const connection of connections) connection.close();
    await Promise.all(connections.map((connection) => connection.gone));
  }

  #add(connection: WsConnection): void {
    this.#connections.add(connection);
    void connection.gone.then(() => this.#connections.delete(connection));
    connection.start(this.#host);
  }
}

/** The address alone, without a port: limits per address go by it. */
function remoteOf(request: IncomingMessage): string {
  return request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown';
}

function isLocal(request: IncomingMessage, address: string): boolean {
  return isLoopback(address) && proxyHeaders.every((name) => request.headers[name] === undefined);
}
