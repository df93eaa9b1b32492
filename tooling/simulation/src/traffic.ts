import type { SendOptions } from '@bus/core';
import type { Reply } from './handlers.ts';
import { questions } from './handlers.ts';
import type { Ask, Journal, Load } from './journal.ts';
import { topics } from './listeners.ts';
import type { Station } from './station.ts';
import type { World } from './world.ts';

/** How much later than its timeout a request may be settled. */
const slackMs = 250;
/** How much longer somebody may take who reads replies one by one, and not at once. */
const readingMs = 300;

/** Sends messages of all kinds, and watches how they end. */
export class Traffic {
  readonly #world: World;
  readonly #journal: Journal;

  constructor(world: World, journal: Journal) {
    this.#world = world;
    this.#journal = journal;
  }

  some(station: Station): void {
    const { random } = this.#world;
    const dice = random.next();
    if (dice < 0.1) for (let i = random.whole(2, 40); i > 0; i--) this.publish(station);
    else if (dice < 0.55) this.publish(station);
    else if (dice < 0.65) this.#notify(station);
    else if (dice < 0.85) this.request(station, random.pick(questions));
    else this.#requestMany(station);
  }

  /** Returns what it sent. */
  publish(station: Station, topic: string = this.#world.random.pick(topics), plain = false): Load {
    const { random } = this.#world;
    const load = this.#load(station, topic, plain ? 0 : this.#padding());
    const promise = station.bus.publish(topic, load, plain ? undefined : this.#options());
    if (random.chance(0.2) || plain) {
      this.#journal.expect(`publish ${load.nonce} of ${load.from}`, promise);
    }
    return load;
  }

  #notify(station: Station): void {
    const topic = this.#world.random.pick([...topics, 'q.a']);
    const load = this.#load(station, topic, this.#padding());
    const promise = station.bus.notify(topic, load, this.#options());
    this.#journal.expect(`notify ${load.nonce} of ${load.from}`, promise);
  }

  request(station: Station, topic: string): Ask {
    const timeoutMs = this.#world.random.pick([5, 50, 300, 800]);
    const options = { ...this.#options(), timeoutMs, signal: this.#sometimesAborted() };
    return this.#request(station, topic, timeoutMs, options);
  }

  /** With nothing that could keep it from being answered. */
  askSurely(station: Station, topic: string): Ask {
    return this.#request(station, topic, 900, { timeoutMs: 900 });
  }

  #request(station: Station, topic: string, timeoutMs: number, options: SendOptions): Ask {
    const load = this.#load(station, topic, this.#padding());
    const ask = this.#ask(station, load, timeoutMs);
    station.bus.request(topic, load, options).then(
      (reply) => {
        this.#journal.settle(ask, 'replied');
        this.#checkReply(ask, reply as Reply);
      },
      (error) => this.#journal.settle(ask, this.#journal.codeOf(error, `request ${load.nonce}`)),
    );
    return ask;
  }

  #requestMany(station: Station): void {
    const { random } = this.#world;
    const topic = random.pick(questions);
    const load = this.#load(station, topic, 0);
    const timeoutMs = random.pick([20, 100, 500]);
    const ask = this.#ask(station, load, timeoutMs + readingMs);
    void this.#gather(station, ask, load, timeoutMs);
  }

  async #gather(station: Station, ask: Ask, load: Load, timeoutMs: number): Promise<void> {
    const { random } = this.#world;
    const breaksAfter = random.chance(0.3) ? random.whole(1, 3) : 1000;
    const max = random.chance(0.3) ? random.whole(1, 4) : undefined;
    const signal = this.#sometimesAborted();
    let count = 0;
    try {
      const replies = station.bus.requestMany(ask.topic, load, { timeoutMs, max, signal });
      for await (const reply of replies) {
        this.#checkReply(ask, reply as Reply);
        if (++count >= breaksAfter) break;
        if (random.chance(0.2)) await this.#sleep(random.next() * 30);
      }
      if (max !== undefined && count > max) this.#journal.problem(`${ask.nonce}: ${count} replies`);
      this.#journal.settle(ask, `gathered ${count}`);
    } catch (error) {
      this.#journal.settle(ask, this.#journal.codeOf(error, `requestMany ${ask.nonce}`));
    }
  }

  #ask(station: Station, load: Load, timeoutMs: number): Ask {
    const stall = Math.max(0, station.stalledUntil - this.#world.now);
    return this.#journal.ask(load, this.#world.now + timeoutMs + stall + slackMs);
  }

  #checkReply(ask: Ask, reply: Reply | undefined): void {
    this.#journal.note(ask.from, `reply to ${ask.nonce} of ${reply?.by}`);
    // A handler that streamed nothing replies with nothing.
    if (reply === undefined && ask.handledAt.size > 0) return;
    if (reply?.nonce !== ask.nonce) {
      this.#journal.problem(`request ${ask.nonce} got the reply to ${reply?.nonce}`);
    } else if (!ask.handledAt.has(reply.by)) {
      this.#journal.problem(`request ${ask.nonce} got a reply of ${reply.by}, which was not asked`);
    }
  }

  #load(station: Station, topic: string, padding: number): Load {
    const load = this.#journal.load(topic, station.publisher, station.sequence++, padding);
    this.#journal.note(station.id, `sends ${load.nonce} on ${topic}`);
    return load;
  }

  #padding(): number {
    const { random } = this.#world;
    if (random.chance(0.7)) return random.whole(0, 40);
    return random.chance(0.9) ? random.whole(100, 2000) : random.whole(5000, 70_000);
  }

  #options(): SendOptions | undefined {
    const { random } = this.#world;
    if (random.chance(0.5)) return undefined;
    return {
      key: random.chance(0.3) ? random.pick(['k1', 'k2', 'k3']) : undefined,
      priority: random.chance(0.3) ? random.pick(['low', 'normal', 'high']) : undefined,
      headers: random.chance(0.2) ? { trace: 'x', other: 'ü' } : undefined,
      timeoutMs: random.chance(0.2) ? random.whole(1, 100) : undefined,
    };
  }

  #sometimesAborted(): AbortSignal | undefined {
    const { random } = this.#world;
    if (random.chance(0.8)) return undefined;
    const controller = new AbortController();
    this.#world.at(this.#world.now + random.next() * 60, () =>
      controller.abort(new Error('enough')),
    );
    return controller.signal;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#world.at(this.#world.now + ms, resolve));
  }
}
