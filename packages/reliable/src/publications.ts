import type { BusError, Env, Host, Send, SendExtras, SendOptions } from '@bus/core';
import type { Counts, ReliableContext } from './context.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';
import { busStopping, tooManyPending } from './errors.ts';
import { KeyOrder } from './key-order.ts';
import type { Letter } from './letter.ts';
import type { ReliableSettings } from './options.ts';
import { Pending } from './pending.ts';
import type { PublicationOwner } from './publication.ts';
import { Publication } from './publication.ts';
import { reliableMark } from './publisher-window.ts';
import type { ReplayOutcome } from './replay.ts';
import { Resends } from './resends.ts';

/** What this bus has published reliably and is not acknowledged. */
export class Publications implements PublicationOwner {
  readonly env: Env;
  readonly letters: DeadLetterStore;
  readonly resends: Resends;
  readonly redeliverMs: number;
  /** What a message has that is sent for the first time. */
  readonly firstFields: NonNullable<SendExtras['fields']>;
  /** When anything was last acknowledged, as far as something waited. */
  progressAt = 0;
  /** The bus has been told to stop: who is lost from here on cannot come back, nor be stood in for. */
  stopping = false;
  /** The time that stopping has is over: nothing is sent again. */
  leaving = false;
  readonly #host: Host;
  readonly #mostPending: number;
  readonly #counts: Counts;
  readonly #pending = new Pending<Publication>();
  readonly #keys = new KeyOrder();
  #send: Send;
  #sequence = 0;

  constructor({ host, letters, counts }: ReliableContext, settings: ReliableSettings) {
    this.#host = host;
    this.env = host.env;
    this.letters = letters;
    this.#counts = counts;
    this.#mostPending = settings.pending;
    this.redeliverMs = settings.redeliverMs;
    this.resends = new Resends(host.env, settings.retry.backoff, () => {
      counts.resent++;
    });
    this.firstFields = { idPrefix: host.traits('event', {}).idPrefix + reliableMark };
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
    const { topic, payload, headers, priority, key, correlationId, sequence } = letter.message;
    const options = { headers, priority, key, correlationId, signal };
    const publication = new Publication(this, { topic, payload, options, letter });
    publication.sending.sequence = sequence;
    const { replays } = letter;
    try {
      const acknowledged = await this.#begin(publication);
      return acknowledged > 0 && letter.replays === replays ? 'handled' : 'kept';
    } catch {
      return 'kept';
    }
  }

  /** Gives a publication to the kernel. */
  send(publication: Publication, options: SendOptions | undefined): Promise<number> {
    const { topic, payload } = publication.outgoing;
    return this.#send('event', topic, payload, options, publication.sending);
  }

  nextSequence(): number {
    return this.#sequence++;
  }

  acknowledged(): void {
    this.#counts.acknowledged++;
    if (this.resends.size > 0) this.progressAt = this.env.now();
  }

  /** It has ended, in whatever way. */
  ended(publication: Publication): void {
    this.#pending.delete(publication);
    this.resends.remove(publication);
    const line = lineOf(publication);
    if (line !== undefined) this.#keys.ended(line);
  }

  report(error: BusError): void {
    // The promise of its sender rejects with it.
    this.#host.report(error, true);
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
      const isUnderWay = publication.attempt > 0 && !this.resends.has(publication);
      if (!isUnderWay) publication.stop(busStopping());
    }
  }

  stop(): void {
    this.leaving = true;
    for (const publication of this.#pending) publication.stop(busStopping());
    this.resends.stop();
  }

  #publish(topic: string, payload: unknown, options: SendOptions | undefined): Promise<number> {
    if (this.#pending.size >= this.#mostPending) {
      return Promise.reject(tooManyPending(topic, this.#mostPending));
    }
    return this.#begin(new Publication(this, { topic, payload, options, letter: undefined }));
  }

  #begin(publication: Publication): Promise<number> {
    this.#pending.add(publication);
    const line = lineOf(publication);
    if (line === undefined) publication.send();
    else {
      this.#keys.add(line, publication);
      if (publication.attempt === 0) {
        publication.awaitTurn();
        this.resends.awaitTurn(publication);
      }
    }
    return publication.result;
  }
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
