import type { Endpoint, Headers, Host, Timer } from '@bus/core';
import { checkOptions, onAbort, optionInvalid } from '@bus/core';
import type { DeadLetterStore } from './dead-letter-store.ts';
import type { DeadLetterFilter, ReplayOptions } from './dead-letters.ts';
import { replayAborted, replayUntaken, subscriptionGone } from './errors.ts';
import { described } from './failures.ts';
import type { Letter } from './letter.ts';
import type { Publications } from './publications.ts';
import { reliableSubscription } from './reliable-definition.ts';
import type { ReplayOutcome } from './replay.ts';
import { Replay } from './replay.ts';

/** Sends dead letters again. */
export class Replays {
  readonly #host: Host;
  readonly #letters: DeadLetterStore;
  readonly #publications: Publications;

  constructor(host: Host, letters: DeadLetterStore, publications: Publications) {
    this.#host = host;
    this.#letters = letters;
    this.#publications = publications;
  }

  /** @throws BUS_OPTION_INVALID */
  async replay(
    which: string | DeadLetterFilter | undefined,
    options: ReplayOptions = {},
  ): Promise<number> {
    checkOptions('deadLetters.replay', options, ['to', 'rate', 'signal']);
    const { to, rate = Number.POSITIVE_INFINITY, signal } = options;
    if (!(typeof rate === 'number' && rate > 0)) {
      throw optionInvalid('rate', rate, 'letters a second, more than 0');
    }
    if (to !== undefined && typeof to !== 'string') throw optionInvalid('to', to, 'a topic');
    const letters = this.#letters.find(which).filter(({ replaying }) => !replaying);
    // Taken at once: another replay must not take them too.
    for (const letter of letters) letter.replaying = true;
    let handled = 0;
    let next = this.#host.env.now();
    try {
      for (const letter of letters) {
        await this.#until(next, signal);
        if (signal?.aborted) break;
        next = Math.max(next, this.#host.env.now()) + 1000 / rate;
        if (!this.#letters.has(letter)) continue;
        const outcome = await this.#send(letter, to, signal);
        if (outcome !== 'kept') this.#letters.remove(letter);
        if (outcome === 'handled') handled++;
        letter.replaying = false;
      }
    } finally {
      for (const letter of letters) letter.replaying = false;
    }
    return handled;
  }

  async #send(
    letter: Letter,
    to: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ReplayOutcome> {
    let payload: unknown;
    try {
      payload = letter.message.payload;
    } catch (error) {
      // It cannot be decoded, which may be why it is here.
      this.#failed(letter, error);
      return 'kept';
    }
    if (to !== undefined) return this.#publish(letter, payload, to, signal);
    if (letter.subscription === undefined) return this.#publications.replay(letter, signal);
    return this.#deliver(letter, payload, signal);
  }

  /** To the very subscription, as the message that it was: same id, same source. */
  async #deliver(
    letter: Letter,
    payload: unknown,
    signal: AbortSignal | undefined,
  ): Promise<ReplayOutcome> {
    const endpoint = this.#endpointOf(letter);
    const { message, topic } = letter;
    if (endpoint === undefined) {
      this.#failed(letter, subscriptionGone(topic));
      return 'kept';
    }
    const replay = new Replay(letter, true);
    letter.subscription = reliableSubscription(endpoint);
    const { id, headers, source, priority, key, correlationId, hops } = message;
    const fields = { id, headers, source, priority, key, correlationId, hops };
    const stop = signal && onAbort(signal, () => this.#cancel(replay, signal.reason));
    this.#host.receive('event', topic, payload, fields, {
      completion: replay,
      targets: [endpoint],
      sequence: message.sequence,
    });
    return this.#outcome(replay, stop);
  }

  async #publish(
    letter: Letter,
    payload: unknown,
    topic: string,
    signal: AbortSignal | undefined,
  ): Promise<ReplayOutcome> {
    const { headers, priority, key, correlationId } = letter.message;
    const replay = new Replay(letter, false);
    const options = { headers: usersOwn(headers), priority, key, correlationId, signal };
    this.#host.send('event', topic, payload, options, { completion: replay });
    return this.#outcome(replay, undefined);
  }

  async #outcome(replay: Replay, stop: (() => void) | undefined): Promise<ReplayOutcome> {
    const outcome = await replay.result;
    stop?.();
    if (outcome === 'kept') this.#sayWhy(replay);
    return outcome;
  }

  /** The one it was given up by, or the one that has taken its place: of the same name and pattern. */
  #endpointOf({ subscription }: Letter): Endpoint | undefined {
    if (subscription?.endpoint?.active) return subscription.endpoint;
    return this.#host
      .endpoints(subscription?.pattern)
      .find((other) => reliableSubscription(other)?.name === subscription?.name);
  }

  #cancel({ message }: Replay, reason: unknown): void {
    if (message !== undefined) this.#host.cancel(message, replayAborted(message.topic, reason));
  }

  /** What failed at the listener again, the letter knows already. */
  #sayWhy({ letter, error, buried }: Replay): void {
    if (error !== undefined) this.#failed(letter, error);
    else if (!buried) this.#failed(letter, replayUntaken(letter.topic));
  }

  #failed(letter: Letter, error: unknown): void {
    letter.addErrors([described(error)], this.#host.env.wall());
  }

  /** Resolves at a time, or when the signal aborts. */
  #until(at: number, signal: AbortSignal | undefined): Promise<void> | undefined {
    const { env } = this.#host;
    const wait = at - env.now();
    if (wait <= 0 || signal?.aborted) return undefined;
    return new Promise((resolve) => {
      let timer: Timer;
      const stop =
        signal &&
        onAbort(signal, () => {
          env.clearTimer(timer);
          stop?.();
          resolve();
        });
      timer = env.setTimer(() => {
        stop?.();
        resolve();
      }, wait);
    });
  }
}

/** Those of the bus's own are not a sender's to set. */
function usersOwn(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('bus-')));
}
