import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:tls';
import type { LinkOptions, Transport, TransportHost } from '@bus/wire';
import { WebSocketServer } from 'ws';
import { Admission } from './admission.ts';
import { handshakeMs, type WsFeatures, wholeLimit, wsFeatures } from './link-defaults.ts';
import { isServer, type ListenPlan, listenPlan } from './listen-options.ts';
import type { ListenOptions } from './options.ts';
import { closeServer, listenOn, type OwnServerLimits, ownServer } from './own-server.ts';
import { addUpgradeRoute } from './upgrade-routes.ts';
import { wsLimits } from './ws-limits.ts';

/** What is undone, last first, when the listener closes. */
type Undo = (() => unknown)[];

/** The accepting side, on a server of its own or of the user. */
export class WsListener implements Transport<WsFeatures> {
  readonly name = 'ws';
  readonly role = 'listen';
  readonly features: WsFeatures;
  readonly #plan: ListenPlan;
  readonly #connections: number;
  readonly #ownLimits: OwnServerLimits;
  readonly #sockets: WebSocketServer;
  #server: Server | undefined;
  #undo: Undo = [];
  #opening: Promise<unknown> = Promise.resolve();

  constructor(listen: ListenOptions, options: LinkOptions | undefined) {
    const limits = options?.limits;
    this.#plan = listenPlan(listen);
    if (isServer(this.#plan.at)) this.#server = this.#plan.at;
    this.features = wsFeatures(options);
    this.#connections = wholeLimit(limits, 'connections', 1024, 1_000_000);
    this.#ownLimits = {
      connections: this.#connections + wholeLimit(limits, 'pendingConnections', 100, 1_000_000),
      requestMs: Math.min(10_000, handshakeMs(options)),
    };
    this.#sockets = new WebSocketServer({
      ...wsLimits(this.features.maxSendBytes),
      noServer: true,
      clientTracking: false,
    });
  }

  /** The URL to connect to; with port 0 or a server of yours it is known once that listens. */
  get address(): string {
    const { at, path } = this.#plan;
    const scheme = this.#server instanceof TlsServer ? 'wss' : 'ws';
    const bound = this.#server?.address() ?? (isServer(at) ? undefined : at);
    return `${scheme}:${shownAddress(bound)}${path}`;
  }

  async open(host: TransportHost, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const undo: Undo = [];
    this.#undo = undo;
    const opening = this.#open(host, undo);
    this.#opening = opening.catch(() => undefined);
    try {
      await opening;
      signal.throwIfAborted();
      if (this.#undo !== undo) throw new Error(`${this.address} was closed while it was opened`);
    } catch (error) {
      await undoAll(undo);
      throw error;
    }
  }

  async close(): Promise<void> {
    const undo = this.#undo;
    this.#undo = [];
    await this.#opening;
    await undoAll(undo);
  }

  async #open(host: TransportHost, undo: Undo): Promise<void> {
    const rules = {
      admits: this.#plan.admits,
      connections: this.#connections,
      address: () => this.address,
    };
    const admission = new Admission(host, rules, this.#sockets);
    const { at } = this.#plan;
    const server = isServer(at) ? at : await this.#listen(at, admission, host, undo);
    undo.push(() => admission.close());
    const { path } = this.#plan;
    undo.push(addUpgradeRoute(server, path, (...request) => admission.upgrade(...request)));
    const ended = (): void => host.failed(new Error(`the server of ${path} was closed`));
    server.on('close', ended);
    undo.push(() => server.off('close', ended));
  }

  async #listen(
    { port, host }: { port: number; host: string },
    admission: Admission,
    bus: TransportHost,
    undo: Undo,
  ): Promise<Server> {
    const server = ownServer(this.#ownLimits);
    server.on('drop', () => admission.full());
    await listenOn(server, port, host);
    server.on('error', (error) => bus.failed(error));
    this.#server = server;
    undo.push(() => closeServer(server));
    return server;
  }
}

async function undoAll(undo: Undo): Promise<void> {
  for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
}

/** What a server says of its address, as the host of a URL. */
function shownAddress(bound: unknown): string {
  if (typeof bound !== 'object' || bound === null) return '';
  const { address, host, port } = bound as { address?: string; host?: string; port: number };
  const name = address ?? host ?? '';
  return `//${name.includes(':') ? `[${name}]` : name}:${port}`;
}
