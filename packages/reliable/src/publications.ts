import type {
  BusError,
  Endpoint,
  Env,
  Host,
  Send,
  SendExtras,
  SendOptions,
  Timer,
} from '@bus/core';
import { busError } from '@bus/core';
import { backoffMs } from './backoff.ts';
import type { Letter } from './dead-letter.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';
import { tooManyPending } from './errors.ts';
import { KeyOrder } from './key-order.ts';
import type { ReliableSettings } from './options.ts';
import { Pending } from './pending.ts';
import type { Outgoing } from './publication.ts';
import { Publication } from './publication.ts';
import { reliableMark } from './publisher-window.ts';
import type { ReplayOutcome } from './replay.ts';
import type { Counts, SubscriptionContext } from './subscription.ts';

/** Messages that wait to be sent again are looked at no more often. */
const tickMs = 10;

/** What this bus has published reliably and is not acknowledged. */
export class Publications {
  readonly env: Env;
  readonly letters: DeadLetterStore;
  readonly redeliverMs: number;
  /** What a message has that is sent for the first time. */
  readonly firstFields: NonNullable<SendExtras['fields']>;
  /** When anything was last acknowledged. */
  progressAt = 0;
  /** The bus has been told to stop: who is lost from here on cannot come back, nor be stood in for. */
  stopping = false;
  /** The time that stopping has is over: nothing is sent again. */
  leaving = false;
  readonly #host: Host;
  readonly #settings: ReliableSettings;
  readonly #counts: Counts;
  readonly #pending = new Pending<Publication>();
  /** Those to be sent again. */
  readonly #waiting = new Set<Publication>();
  readonly #keys = new KeyOrder();
  #send: Send;
  #sequence = 0;
  #timer: Timer | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;
  /** Endpoints that have come in this turn. */
  #arrived: Endpoint[] = [];

  constructor({ host, letters, counts }: SubscriptionContext, settings: ReliableSettings) {
    this.#host = host;
    this.env = host.env;
    this.letters = letters;
    this.#counts = counts;
    this.#settings = settings;
    this.redeliverMs = settings.redeliverMs;
    this.firstFields = { idPrefix: reliablePrefix(host) };
    this.#send = (...args) => host.send(...args);
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** The layer of the `send` hook: takes what is to be reliable, and lets all else pass. */
  tap(next: Send): Send {
    this.#send = next;
    return (kind, topic, payload, options, extras) => {
      const delivery = (options as { readonly delivery?: unknown } | undefined)?.delivery;
      // What is no event, or asks for something else, is the kernel's to refuse.
      if (delivery === undefined || kind !== 'event')
        return next(kind, topic, payload, options, extras);
      if (delivery === 'reliable') return this.#publish(topic, payload, withoutDelivery(options));
      if (delivery === 'best-effort') {
        return next(kind, topic, payload, withoutDelivery(options), extras);
      }
      return next(kind, topic, payload, options, extras);
    };
  }

  /** Sends a letter that nobody had acknowledged again, under its own number. */
  async replay(letter: Letter, signal: AbortSignal | undefined): Promise<ReplayOutcome> {
    const { topic, headers, priority, key, correlationId, sequence } = letter.message;
    const options = { headers, priority, key, correlationId, signal };
    const { payload } = letter.message;
    const publication = new Publication(this, { topic, payload, options, letter });
    publication.sequence = sequence;
    const { replays } = letter;
    try {
      const acknowledged = await this.#begin(publication);
      return acknowledged > 0 && letter.replays === replays ? 'handled' : 'kept';
    } catch {
      return 'kept';
    }
  }

  send(publication: Publication, options: SendOptions | undefined): Promise<number> {
    const { topic, payload } = publication.outgoing;
    return this.#send('event', topic, payload, options, publication);
  }

  nextSequence(): number {
    return this.#sequence++;
  }

  sendLater(publication: Publication): void {
    const { retry } = this.#settings;
    const now = this.env.now();
    const wait = backoffMs(retry.backoff, publication.attempt, this.env.random);
    publication.dueAt = Math.min(now + wait, publication.lastAt);
    this.#waiting.add(publication);
    publication.listen();
    if (publication.dueAt < this.#wakeAt) this.#arm(publication.dueAt);
  }

  /** Watches one that others of its key are before: its time may be over first. */
  #awaitTurn(publication: Publication): void {
    publication.listen();
    if (publication.ended || publication.lastAt === Number.POSITIVE_INFINITY) return;
    publication.dueAt = publication.lastAt;
    this.#waiting.add(publication);
    if (publication.dueAt < this.#wakeAt) this.#arm(publication.dueAt);
  }

  waitsNoMore(publication: Publication): void {
    if (!this.#waiting.delete(publication) || this.#waiting.size > 0) return;
    if (this.#timer !== undefined) this.env.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
  }

  acknowledged(): void {
    this.#counts.acknowledged++;
    if (this.#waiting.size > 0) this.progressAt = this.env.now();
  }

  /** It has ended, in whatever way. */
  ended(publication: Publication): void {
    this.#pending.delete(publication);
    this.waitsNoMore(publication);
    const line = lineOf(publication);
    if (line !== undefined) this.#keys.ended(line);
  }

  report(error: BusError): void {
    this.#host.report(error);
  }

  /** Somebody has come: what waits for the likes of it is sent, once the turn is over. */
  arrived(endpoint: Endpoint): void {
    if (this.#waiting.size === 0) return;
    if (this.#arrived.length === 0) this.env.setTurn(() => this.#sendToArrived());
    this.#arrived.push(endpoint);
  }

  /** Waits for what is pending, as long as the bus gives it; then nothing is sent again. */
  async leave(signal: AbortSignal): Promise<void> {
    this.stopping = true;
    const results = [...this.#pending].map(({ result }) => result);
    const over = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.allSettled(results), over]);
    this.leaving = true;
    for (const publication of this.#pending) {
      if (publication.attempt === 0 || this.#waiting.has(publication)) publication.stop(stopping());
    }
  }

  stop(): void {
    this.leaving = true;
    for (const publication of this.#pending) publication.stop(stopping());
    this.#waiting.clear();
    if (this.#timer !== undefined) this.env.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #publish(topic: string, payload: unknown, options: SendOptions | undefined): Promise<number> {
    if (this.#pending.size >= this.#settings.pending) {
      return Promise.reject(tooManyPending(topic, this.#settings.pending));
    }
    const outgoing: Outgoing = { topic, payload, options, letter: undefined };
    return this.#begin(new Publication(this, outgoing));
  }

  #begin(publication: Publication): Promise<number> {
    this.#pending.add(publication);
    const line = lineOf(publication);
    if (line === undefined) publication.send();
    else {
      this.#keys.add(line, publication);
      if (publication.attempt === 0) this.#awaitTurn(publication);
    }
    return publication.result;
  }

  #sendAgain(publication: Publication): void {
    this.#counts.resent++;
    publication.send();
  }

  #sendToArrived(): void {
    const arrived = this.#arrived.filter(({ active }) => active);
    this.#arrived = [];
    for (const publication of [...this.#waiting]) {
      const isFor = (endpoint: Endpoint): boolean => matches(endpoint, publication.topic);
      const isDue = publication.attempt > 0 && !publication.ended;
      if (isDue && arrived.some(isFor)) this.#sendAgain(publication);
    }
  }

  #arm(at: number): void {
    if (this.#timer !== undefined) this.env.clearTimer(this.#timer);
    const now = this.env.now();
    const sleep = Math.max(at - now, tickMs);
    this.#wakeAt = now + sleep;
    this.#timer = this.env.setTimer(this.#wake, sleep);
  }

  readonly #wake = (): void => {
    this.#timer = undefined;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    const now = this.env.now();
    let earliest = Number.POSITIVE_INFINITY;
    for (const publication of [...this.#waiting]) {
      if (publication.ended || !this.#waiting.has(publication)) continue;
      if (publication.dueAt > now) earliest = Math.min(earliest, publication.dueAt);
      else if (publication.lastAt <= now) publication.expire();
      else this.#sendAgain(publication);
    }
    if (earliest < this.#wakeAt) this.#arm(earliest);
  };
}

/** What else was asked for; undefined where that is nothing, which costs the kernel less. */
function withoutDelivery(options: SendOptions | undefined): SendOptions | undefined {
  for (const name in options) {
    if (name === 'delivery') continue;
    const { delivery: _, ...others } = options as SendOptions & { readonly delivery?: unknown };
    return others;
  }
  return undefined;
}

function lineOf({ outgoing: { topic, options } }: Publication): string | undefined {
  const key = options?.key;
  // A listener that publishes on with the same key, to another topic, must not wait for itself.
  return key == null ? undefined : `${topic}\n${key}`;
}

function matches(endpoint: Endpoint, topic: string): boolean {
  const { matcher, pattern } = endpoint;
  return matcher === undefined ? pattern === topic : matcher.matches(endpoint, topic);
}

function reliablePrefix(host: Host): string {
  return host.traits('event', {}).idPrefix + reliableMark;
}

function stopping(): BusError {
  return busError('BUS_CLOSED', 'the bus is stopping', { state: 'stopping' });
}
