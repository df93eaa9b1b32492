import type { Message, Subscription } from '@bus/core';
import type { Acknowledgeable } from '@bus/reliable';
import type { Journal } from './journal.ts';
import { runsAtMost } from './reliable-topics.ts';
import type { Station } from './station.ts';
import type { World } from './world.ts';

const patterns = ['r.a', 'r.b', 'r.*'] as const;
const behaviours = ['plain', 'later', 'flaky', 'nacks', 'stuck', 'poisoned'] as const;

/** A reliable subscription, and what it has done. */
export interface ReliableListener {
  readonly label: string;
  readonly station: Station;
  readonly life: number;
  readonly pattern: string;
  readonly group: string | undefined;
  readonly keepsOrder: boolean;
  readonly behaviour: (typeof behaviours)[number];
  /** By message, how often it was run. */
  readonly runs: Map<number, number>;
  /** Messages handled, in order. */
  readonly handled: number[];
  subscription: Subscription | undefined;
}

/** Makes reliable subscriptions of all kinds, and watches what they do. */
export class ReliableListeners {
  readonly all: ReliableListener[] = [];
  /** Nothing fails any more. */
  cured = false;
  readonly #world: World;
  readonly #journal: Journal;
  readonly #mayRepeat: boolean;

  /** @param mayRepeat - messages come by several ways, or bytes are doubled. */
  constructor(world: World, journal: Journal, mayRepeat: boolean) {
    this.#world = world;
    this.#journal = journal;
    this.#mayRepeat = mayRepeat;
  }

  add(station: Station): void {
    const { random } = this.#world;
    const order = random.pick(['kept', 'kept', 'released'] as const);
    const name = `r${this.all.length}`;
    const listener: ReliableListener = {
      label: `${name}@${station.publisher}`,
      station,
      life: station.life,
      pattern: random.pick(patterns),
      group: random.chance(0.2) ? 'rg' : undefined,
      keepsOrder: order === 'kept',
      behaviour: random.pick(behaviours),
      runs: new Map(),
      handled: [],
      subscription: undefined,
    };
    const { pattern, group, label, behaviour } = listener;
    this.#journal.note(station.id, `subscribes ${label} ${pattern} ${behaviour} ${group ?? ''}`);
    listener.subscription = station.bus.subscribe(
      pattern,
      (message) => this.#run(listener, message as Message & Acknowledgeable),
      {
        delivery: 'reliable',
        name,
        group,
        order,
        capacity: random.pick([1, 4, 1024]),
        overflow: random.pick(['block', 'block', 'error'] as const),
        concurrency: random.pick([1, 1, 4]),
      },
    );
    this.all.push(listener);
  }

  /** Ends one that lives; draining or at once. */
  end(station: Station): void {
    const { random } = this.#world;
    const listener = random.pick(this.alive.filter((one) => one.station === station));
    if (listener === undefined) return;
    this.#journal.note(station.id, `ends ${listener.label}`);
    const { subscription } = listener;
    listener.subscription = undefined;
    if (random.chance(0.5)) subscription?.stop();
    else if (subscription !== undefined) {
      this.#journal.expect(`drain of ${listener.label}`, subscription[Symbol.asyncDispose]());
    }
  }

  get alive(): readonly ReliableListener[] {
    return this.all.filter(
      ({ subscription, station, life }) => subscription !== undefined && station.life === life,
    );
  }

  #run(listener: ReliableListener, message: Message & Acknowledgeable): unknown {
    const { label, station, runs, handled } = listener;
    const journal = this.#journal;
    const load = journal.checkLoad(message.payload, message.topic, label);
    if (load === undefined) return undefined;
    const { nonce } = load;
    const count = (runs.get(nonce) ?? 0) + 1;
    runs.set(nonce, count);
    journal.note(station.id, `${label} runs ${nonce}, ${message.attempt}`);
    if (handled.includes(nonce) && !this.#mayRepeat)
      journal.problem(`${label} got ${nonce} again, which it had handled`);
    const done = (): undefined => {
      // Of a run that was given up, nothing counts.
      if (message.signal.aborted) return undefined;
      journal.note(station.id, `${label} has handled ${nonce}`);
      handled.push(nonce);
      return undefined;
    };
    return this.#behave(listener, message, count, nonce, done);
  }

  #behave(
    { behaviour }: ReliableListener,
    message: Acknowledgeable,
    count: number,
    nonce: number,
    done: () => undefined,
  ): unknown {
    const { random } = this.#world;
    const fails = !this.cured && count < runsAtMost && nonce % 3 === 0;
    switch (behaviour) {
      case 'plain':
        return done();
      case 'later':
        return this.#sleep(random.next() * 20).then(done);
      case 'flaky':
        if (fails && random.chance(0.5)) throw new Error('on purpose');
        return fails ? this.#sleep(2).then(() => Promise.reject(new Error('later'))) : done();
      case 'nacks':
        if (!fails) return done();
        message.nack({ delayMs: random.pick([undefined, 0, 30]) });
        return undefined;
      case 'stuck':
        return fails && nonce % 4 === 0 ? new Promise(() => undefined) : done();
      case 'poisoned':
        if (this.cured || nonce % 5 !== 0) return done();
        if (random.chance(0.3)) message.reject('on purpose');
        throw new Error('on purpose');
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#world.at(this.#world.now + ms, resolve));
  }
}
