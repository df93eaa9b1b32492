import type { HandleOptions, Message } from '@bus/core';
import { BusError } from '@bus/core';
import type { Reply } from './handlers.ts';
import type { Journal } from './journal.ts';
import type { Station } from './station.ts';
import type { World } from './world.ts';

/** Fails for a while, is slow but alive, and may be asked twice. */
export const healthTopics = ['h.flaky', 'h.slow', 'h.twice'] as const;

/** Handlers whose health matters. All of a topic are equals. */
export class HealthHandlers {
  /** Nothing fails any more. */
  cured = false;
  readonly #world: World;
  readonly #journal: Journal;

  constructor(world: World, journal: Journal) {
    this.#world = world;
    this.#journal = journal;
  }

  add(station: Station, topic: (typeof healthTopics)[number]): void {
    const { random } = this.#world;
    this.#journal.note(station.id, `handles ${topic}`);
    if (topic === 'h.flaky')
      this.#handle(station, topic, this.#failing(random.pick([0, 3, 8, 30])));
    else this.#handle(station, topic, this.#late(topic === 'h.slow' ? [20, 150] : [1, 40]));
  }

  /** One that only one asker knows of; it fails until it is cured. */
  addRacer(station: Station, topic: string): Racer {
    const racer: Racer = { running: 0, mostRunning: 0, cured: false, from: 0 };
    this.#handle(station, topic, async (sequence) => {
      if (!racer.cured && !this.cured) throw refusal(topic);
      // It was asked before the breaker opened, and has come only now.
      if (sequence < racer.from) return;
      racer.running++;
      racer.mostRunning = Math.max(racer.mostRunning, racer.running);
      await this.#sleep(3);
      racer.running--;
    });
    return racer;
  }

  #handle(
    station: Station,
    topic: string,
    work: (sequence: number) => Promise<void> | undefined,
  ): void {
    const options: HandleOptions = { concurrency: 200, capacity: 1024 };
    const answer = async (message: Message): Promise<Reply | undefined> => {
      const load = this.#journal.checkLoad(message.payload, topic, `a handler at ${station.id}`);
      await work(load?.sequence ?? 0);
      return load && { nonce: load.nonce, by: station.id };
    };
    station.bus.handle(topic, answer as never, options);
  }

  /** Fails so often, then passes so often, and so on. */
  #failing(times: number): () => undefined {
    let run = 0;
    return () => {
      const isFailing = Math.floor(run++ / Math.max(times, 1)) % 2 === 0;
      if (times > 0 && isFailing && !this.cured) throw refusal('h.flaky');
    };
  }

  #late([least, most]: readonly [number, number]): () => Promise<void> {
    return () => this.#sleep(this.#world.random.whole(least, most));
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#world.at(this.#world.now + ms, resolve));
  }
}

/** What was seen of a handler that many callers run to at once. */
export interface Racer {
  running: number;
  mostRunning: number;
  cured: boolean;
  /** The sequence of the first of its asker's messages that counts. */
  from: number;
}

function refusal(topic: string): BusError {
  return new BusError('TEST_REFUSED', `${topic} fails for a while`, { topic });
}
