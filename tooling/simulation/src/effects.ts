import type { Message } from '@bus/core';
import type { Journal } from './journal.ts';
import type { Station } from './station.ts';
import type { World } from './world.ts';

/** Each is sent by who handles the one before. */
const steps = ['c.first', 'c.second', 'c.third'] as const;
/**
 * Order over a link is that of one interest, so all of a bus are one: they have one pattern, and
 * mailboxes alike.
 */
const pattern = 'c.*';
const capacity = 1024;

/** A message of a chain, and the one whose handler sent it. */
interface Step {
  readonly nonce: number;
  readonly cause: Step | null;
}

/** One who watches a whole chain by one subscription. */
interface Watcher {
  readonly label: string;
  /** Messages whose effects it has seen. */
  readonly late: Set<number>;
}

/**
 * Chains of messages, each sent by a handler of the one before, on whatever bus it is. Nobody sees an
 * effect before its cause, over links neither.
 */
export class Effects {
  /** How often somebody saw an effect. */
  seen = 0;
  readonly #world: World;
  readonly #journal: Journal;
  /** Whether messages have one way, on which nothing overtakes. */
  readonly #isOrdered: boolean;
  #watchers = 0;

  constructor(world: World, journal: Journal, isOrdered: boolean) {
    this.#world = world;
    this.#journal = journal;
    this.#isOrdered = isOrdered;
  }

  /** Adds one who watches, or one who sends the next message of a chain. */
  add(station: Station): void {
    if (this.#world.random.chance(0.5)) this.#watch(station);
    else this.#react(station);
  }

  /** Begins a chain. */
  begin(station: Station): void {
    this.#publish(station, 0, null);
  }

  #watch(station: Station): void {
    const { random } = this.#world;
    const label = `w${this.#watchers++}@${station.publisher}`;
    const watcher: Watcher = { label, late: new Set() };
    const isQuick = random.chance(0.5);
    const handle = ({ payload }: Message): unknown => {
      this.#check(watcher, payload as Step);
      return isQuick ? undefined : this.#sleep(random.next() * 2);
    };
    this.#journal.note(station.id, `watches effects by ${label}`);
    station.bus.subscribe(pattern, handle, { name: label, capacity });
  }

  #react(station: Station): void {
    const { random } = this.#world;
    const at = random.whole(0, steps.length - 2);
    const { life } = station;
    const isQuick = random.chance(0.7);
    const next = (cause: Step): void => {
      if (station.life === life) this.#publish(station, at + 1, cause);
    };
    const handle = ({ topic, payload }: Message): void => {
      if (topic !== steps[at]) return;
      if (isQuick) next(payload as Step);
      else void this.#sleep(random.next() * 3).then(() => next(payload as Step));
    };
    this.#journal.note(station.id, `answers ${steps[at]}`);
    station.bus.subscribe(pattern, handle, { capacity });
  }

  #publish(station: Station, at: number, cause: Step | null): void {
    const topic = steps[at] as string;
    const { nonce } = this.#journal.load(topic, station.publisher, 0, 0);
    const step: Step = { nonce, cause };
    this.#journal.note(station.id, `sends ${nonce} on ${topic}, since ${cause?.nonce ?? 'now'}`);
    this.#journal.expect(
      `publish ${nonce} of ${station.publisher}`,
      station.bus.publish(topic, step),
    );
  }

  #check({ label, late }: Watcher, step: Step): void {
    this.#journal.note('', `${label} sees ${step.nonce}`);
    if (!this.#isOrdered) return;
    if (late.has(step.nonce)) this.#journal.problem(`${label} saw ${step.nonce} after its effect`);
    if (step.cause !== null) this.seen++;
    for (let { cause } = step; cause !== null; { cause } = cause) late.add(cause.nonce);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#world.at(this.#world.now + ms, resolve));
  }
}
