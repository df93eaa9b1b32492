import type { HandleOptions, Message, Subscription } from '@bus/core';
import { BusError } from '@bus/core';
import type { Journal, Load } from './journal.ts';
import type { Station } from './station.ts';
import type { World } from './world.ts';

export const questions = ['q.a', 'q.b', 'q.c', 'q.nested'] as const;

const behaviours = ['echo', 'echo', 'later', 'throws', 'hangs', 'streams', 'asks', 'long'] as const;

/** What every reply says. */
export interface Reply {
  readonly nonce: number;
  /** The bus that answers. */
  readonly by: string;
  readonly item?: number;
  readonly padding?: string;
}

interface Handler {
  readonly station: Station;
  readonly life: number;
  subscription: Subscription | undefined;
}

/** Makes request handlers of all kinds. */
export class Handlers {
  readonly #world: World;
  readonly #journal: Journal;
  readonly #all: Handler[] = [];

  constructor(world: World, journal: Journal) {
    this.#world = world;
    this.#journal = journal;
  }

  add(station: Station): void {
    const { random } = this.#world;
    const behaviour = random.pick(behaviours);
    // One that asks others must not be asked by itself.
    const patterns = behaviour === 'asks' ? ['q.nested'] : ['q.a', 'q.b', 'q.c', 'q.*'];
    this.handle(station, random.pick(patterns), behaviour, {
      priority: random.pick([0, 0, 0, 1]),
      concurrency: random.pick([1, 4, 100]),
      capacity: random.pick([1, 4, 1024]),
      overflow: random.pick(['block', 'error', 'drop-oldest'] as const),
      timeoutMs: 600,
    });
  }

  handle(
    station: Station,
    pattern: string,
    behaviour: (typeof behaviours)[number],
    options: HandleOptions = {},
  ): void {
    this.#journal.note(station.id, `handles ${pattern}: ${behaviour}`);
    const answer = (message: Message): unknown => this.#handle(station, behaviour, message);
    const subscription = station.bus.handle(pattern, answer as never, options);
    this.#all.push({ station, life: station.life, subscription });
  }

  end(station: Station): void {
    const alive = this.#all.filter(
      (handler) =>
        handler.station === station && handler.life === station.life && handler.subscription,
    );
    const handler = this.#world.random.pick(alive);
    if (handler === undefined) return;
    handler.subscription?.stop();
    handler.subscription = undefined;
    this.#journal.note(station.id, 'ends a handler');
  }

  #handle(station: Station, behaviour: (typeof behaviours)[number], message: Message): unknown {
    const load = this.#journal.checkLoad(
      message.payload,
      message.topic,
      `a handler at ${station.id}`,
    );
    if (load === undefined) return undefined;
    this.#journal.note(station.id, `handles ${load.nonce}`);
    const ask = this.#journal.byNonce.get(load.nonce);
    ask?.handledAt.add(station.id);
    return this.#answer(station, behaviour, message, load);
  }

  #answer(
    station: Station,
    behaviour: (typeof behaviours)[number],
    message: Message,
    { nonce }: Load,
  ): unknown {
    const { random } = this.#world;
    const reply: Reply = { nonce, by: station.id };
    switch (behaviour) {
      case 'echo':
        return reply;
      case 'long':
        return { ...reply, padding: 'x'.repeat(random.whole(100, 20_000)) };
      case 'later':
        return this.#sleep(random.next() * 50).then(() => reply);
      case 'throws': {
        const error = new BusError('TEST_REFUSED', `refused ${nonce}`, { nonce });
        if (random.chance(0.5)) throw error;
        return this.#sleep(5).then(() => Promise.reject(error));
      }
      case 'hangs':
        return new Promise((_, reject) => {
          message.signal.addEventListener('abort', () => reject(message.signal.reason));
        });
      case 'streams':
        return this.#stream(reply);
      case 'asks':
        return this.#ask(station, message, reply);
    }
  }

  async *#stream(reply: Reply): AsyncGenerator<Reply> {
    const { random } = this.#world;
    const count = random.whole(0, 6);
    const breaksAt = random.chance(0.2) ? random.whole(0, 6) : -1;
    for (let item = 0; item < count; item++) {
      if (item === breaksAt) throw new BusError('TEST_BROKE_OFF', 'on purpose', { item });
      if (random.chance(0.5)) await this.#sleep(random.next() * 20);
      yield { ...reply, item };
    }
  }

  async #ask(station: Station, message: Message, reply: Reply): Promise<Reply> {
    const topic = this.#world.random.pick(['q.a', 'q.b', 'q.c']);
    const { bus, publisher } = station;
    const load = this.#journal.load(topic, publisher, station.sequence++, 0);
    const ask = this.#journal.ask(load, this.#world.now + 3000);
    const end = (how: string): void => this.#journal.settle(ask, how);
    try {
      const answer = (await bus.request(topic, load, { parent: message, timeoutMs: 300 })) as
        | Reply
        | undefined;
      end('replied');
      if (answer !== undefined && answer.nonce !== load.nonce)
        this.#journal.problem(`nested ${load.nonce} got ${answer.nonce}`);
    } catch (error) {
      end(this.#journal.codeOf(error, `nested request ${load.nonce}`));
    }
    return reply;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#world.at(this.#world.now + ms, resolve));
  }
}
