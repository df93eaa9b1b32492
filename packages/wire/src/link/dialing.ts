import type { Env, Timer } from '@bus/core';
import { BusError } from '@bus/core';
import type { ReconnectOptions } from '../plugin/options.ts';
import type { Transport } from '../plugin/transport.ts';
import { backoffMs } from './backoff.ts';
import type { Links } from './links.ts';

/** What trying again cannot mend, before the link was up for the first time. */
const lasting = new Set<string>([
  'WIRE_UNAUTHORIZED',
  'WIRE_VERSION_MISMATCH',
  'TRANSPORT_WS_ORIGIN_REFUSED',
  'TRANSPORT_IPC_PATH_UNSAFE',
  'BUS_OPTION_INVALID',
]);

/**
 * Keeps one connection: connects, and connects again when it is lost. Waits between attempts as
 * `reconnect` says; a link that was up starts the count anew.
 */
export class Dialing {
  readonly #transport: Transport;
  readonly #links: Links;
  readonly #options: ReconnectOptions;
  readonly #env: Env;
  readonly #abort = new AbortController();
  #failures = 0;
  #timer: Timer;
  #open = true;
  /** Settles `start`, until the first link is up. */
  #first: { resolve(): void; reject(error: unknown): void } | undefined;
  #lastError: unknown;

  constructor(transport: Transport, links: Links, options: ReconnectOptions) {
    this.#transport = transport;
    this.#links = links;
    this.#options = options;
    this.#env = links.env;
    links.onReady = () => this.#ready();
    links.onDown = (_link, error) => this.#lost(error);
  }

  /** Resolves when the peer is linked and has told what it offers. */
  async start(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#first = { resolve, reject };
      signal.addEventListener('abort', () => {
        this.stop();
        reject(this.#lastError ?? signal.reason);
      });
      void this.#dial();
    });
  }

  stop(): void {
    this.#open = false;
    this.#abort.abort(new Error('the bus stops'));
    if (this.#timer !== undefined) this.#env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  async #dial(): Promise<void> {
    this.#timer = undefined;
    try {
      await this.#transport.open(this.#links, this.#abort.signal);
    } catch (error) {
      this.#lost(error);
    }
  }

  #ready(): void {
    this.#failures = 0;
    this.#first?.resolve();
    this.#first = undefined;
  }

  #lost(error: unknown): void {
    this.#lastError = error;
    if (!this.#open) return;
    const { reconnect } = this.#transport.features;
    if (this.#first !== undefined && (!reconnect || isLasting(error))) {
      this.stop();
      this.#first.reject(error);
      return;
    }
    if (!reconnect || this.#timer !== undefined) return;
    const ms = backoffMs(this.#failures++, this.#options, this.#env);
    this.#timer = this.#env.setTimer(() => void this.#dial(), ms);
  }
}

function isLasting(error: unknown): boolean {
  return BusError.is(error) && lasting.has(error.code);
}
