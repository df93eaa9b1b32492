import type { Env, Timer } from '@bus/core';
import { BusError } from '@bus/core';
import type { ReconnectOptions } from '../plugin/options.ts';
import type { Transport } from '../plugin/transport.ts';
import { backoffMs } from './backoff.ts';
import type { Links } from './links.ts';
import { reasonOf } from './reason.ts';

/** What trying again does not mend. */
const lasting = new Set<string>([
  'WIRE_UNAUTHORIZED',
  'WIRE_VERSION_MISMATCH',
  'WIRE_LINK_DUPLICATE',
  'TRANSPORT_WS_ORIGIN_REFUSED',
  'TRANSPORT_IPC_PATH_UNSAFE',
  'BUS_OPTION_INVALID',
]);

/** To this bound grows the wait after such a failure, where the link was up before: a listener may change. */
const lastingMaxMs = 60_000;

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
  /** Failures in a row that trying again does not mend. */
  #refusals = 0;
  #timer: Timer;
  #open = true;
  /** Settles `start`, until the first link is up. */
  #first: { resolve(): void; reject(error: unknown): void } | undefined;
  #lastError: unknown;
  /** The reason last logged; each is said once until a link is up. */
  #logged: string | undefined;

  constructor(transport: Transport, links: Links, options: ReconnectOptions) {
    this.#transport = transport;
    this.#links = links;
    this.#options = options;
    this.#env = links.env;
    links.onReady = () => this.#ready();
    links.onDown = (link, error) => {
      if (link.session === undefined) this.#failed(error);
      else this.#again(error);
    };
  }

  /**
   * Resolves when the peer is linked and has told what it offers. Rejects with what went wrong where
   * trying again cannot mend it, and with what did so last when the signal aborts.
   */
  start(signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#first = { resolve, reject };
      signal.addEventListener('abort', () => {
        this.stop();
        reject(
          this.#lastError ?? new Error(`no link to ${this.#transport.address}: it does not answer`),
        );
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
      this.#failed(error);
    }
  }

  #ready(): void {
    this.#failures = 0;
    this.#logged = undefined;
    this.#first?.resolve();
    this.#first = undefined;
  }

  /** An attempt to connect has failed. */
  #failed(error: unknown): void {
    if (!this.#open) return;
    const { address, features } = this.#transport;
    const reason = reasonOf(error);
    // An error of the platform may not say where it happened.
    const text = reason.includes(address) ? reason : `no link to ${address}: ${reason}`;
    this.#lastError = BusError.is(error) ? error : new Error(text, { cause: error });
    const isInVain = this.#first !== undefined && (!features.reconnect || isLasting(error));
    if (text !== this.#logged) {
      this.#logged = text;
      this.#links.log.warn(isInVain ? text : `${text}; trying again`);
    }
    if (isInVain) {
      this.stop();
      this.#first?.reject(this.#lastError);
    } else this.#again(error);
  }

  #again(error: unknown): void {
    if (!this.#open || !this.#transport.features.reconnect || this.#timer !== undefined) return;
    // One may be by chance, such as a hello that came too late on a slow link.
    this.#refusals = isLasting(error) ? this.#refusals + 1 : 0;
    const { maxMs } = this.#options;
    const mostMs = this.#refusals > 5 ? Math.max(maxMs, lastingMaxMs) : maxMs;
    const ms = backoffMs(this.#failures++, { ...this.#options, maxMs: mostMs }, this.#env);
    this.#timer = this.#env.setTimer(() => void this.#dial(), ms);
  }
}

function isLasting(error: unknown): boolean {
  return BusError.is(error) && lasting.has(error.code);
}
