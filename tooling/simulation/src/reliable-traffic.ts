import type { Journal, Load } from './journal.ts';
import type { ReliableListeners } from './reliable-listeners.ts';
import { reliableTopics } from './reliable-topics.ts';
import type { Station } from './station.ts';
import type { World } from './world.ts';

/** One reliable publish. */
export interface Publication {
  readonly load: Load;
  readonly key: string | undefined;
  /** How many acknowledged it, or the code it failed with; undefined while nobody knows. */
  end: number | string | undefined;
  /** Somebody subscribed before it ended, and may have taken the place of one who was waited for. */
  isMixed: boolean;
  /** Listeners that were there when it was sent, and that this publisher had reached before. */
  readonly known: readonly string[];
}

/** The only errors that a reliable publish may end with here. */
const codes = ['RELIABLE_UNACKNOWLEDGED', 'BUS_CLOSED', 'BUS_MAILBOX_FULL', 'BUS_NOT_STARTED'];

/** Publishes reliably, and watches how that ends. */
export class ReliableTraffic {
  readonly all = new Map<number, Publication>();
  readonly #world: World;
  readonly #journal: Journal;
  readonly #listeners: ReliableListeners;

  constructor(world: World, journal: Journal, listeners: ReliableListeners) {
    this.#world = world;
    this.#journal = journal;
    this.#listeners = listeners;
  }

  some(station: Station): void {
    const { random } = this.#world;
    const topic = random.pick(reliableTopics);
    const key = random.chance(0.6) ? random.pick(['k1', 'k2']) : undefined;
    for (let i = random.pick([1, 1, 1, 20]); i > 0; i--) this.publish(station, topic, key);
  }

  publish(station: Station, topic: string, key?: string): Publication {
    const { random } = this.#world;
    const padding = random.chance(0.8) ? random.whole(0, 40) : random.whole(100, 5000);
    const load = this.#journal.load(topic, station.publisher, station.sequence++, padding);
    const { nonce, from } = load;
    this.#journal.note(station.id, `sends ${nonce} reliably on ${topic}, ${key}`);
    const publication: Publication = {
      load,
      key,
      end: undefined,
      known: this.#known(from),
      isMixed: false,
    };
    const { length } = this.#listeners.all;
    this.all.set(nonce, publication);
    const promise = station.bus.publish(topic, load, { delivery: 'reliable', key });
    promise.then(
      (count) => {
        publication.end = count;
        publication.isMixed = this.#listeners.all.length > length;
      },
      (error: { readonly code: string }) => {
        publication.end = error.code;
      },
    );
    this.#journal.expect(`reliable publish ${nonce} of ${from}`, promise, (how) => {
      if (!how.startsWith('=') && !codes.includes(how))
        this.#journal.problem(`reliable publish ${nonce} of ${from} ended as ${how}`);
    });
    return publication;
  }

  #known(publisher: string): readonly string[] {
    return this.#listeners.alive
      .filter(({ handled }) =>
        handled.some((nonce) => this.all.get(nonce)?.load.from === publisher),
      )
      .map(({ label }) => label);
  }
}
