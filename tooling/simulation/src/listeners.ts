import type { Message, Subscription } from '@bus/core';
import type { SubscribeOptions } from '@bus/pubsub';
import type { Journal, Load } from './journal.ts';
import { isReliable } from './reliable-topics.ts';
import type { Station } from './station.ts';
import type { World } from './world.ts';

export const topics = ['t.a', 't.b', 't.c', 'u.a', 'u.b'] as const;
const patterns = ['t.a', 't.b', 't.*', 'u.*', '{q,t,u}.**', 'u.a', '{t,u}.b'] as const;

const behaviours = ['plain', 'plain', 'quick', 'slow', 'throws', 'hangs', 'ends'] as const;

/** A subscription, and what it has seen. */
export interface Listener {
  readonly label: string;
  readonly station: Station;
  readonly life: number;
  readonly pattern: string;
  readonly group: string | undefined;
  /** Nothing that is sent to it is dropped, or waits for long. */
  readonly isSound: boolean;
  /** How often it got each message. */
  readonly seen: Map<number, number>;
  /** By publisher, priority and key: the sequences seen, oldest first, one list for each way. */
  readonly lanes: Map<string, number[]>;
  subscription: Subscription | undefined;
}

/** Makes subscriptions of all kinds, and watches what they get. */
export class Listeners {
  readonly all: Listener[] = [];
  readonly #world: World;
  readonly #journal: Journal;
  readonly #ways: number;
  /** Whether neither order nor count can be asked for. */
  readonly #isUnsure: () => boolean;

  constructor(world: World, journal: Journal, ways: number, isUnsure: () => boolean) {
    this.#world = world;
    this.#journal = journal;
    this.#ways = ways;
    this.#isUnsure = isUnsure;
  }

  add(station: Station): void {
    const { random } = this.#world;
    const behaviour = random.pick(behaviours);
    const pattern = random.pick(patterns);
    const group = random.chance(0.25) ? random.pick(['g', 'h']) : undefined;
    const overflow = random.pick([
      'block',
      'block',
      'drop-oldest',
      'drop-newest',
      'error',
    ] as const);
    const mode = random.chance(0.15) ? 'latest' : 'all';
    const options: SubscribeOptions = {
      group,
      overflow: mode === 'latest' ? undefined : overflow,
      mode,
      capacity: random.pick([1, 4, 1024]),
      concurrency: random.pick([1, 1, 1, 4]),
      timeoutMs: 200,
      filter: random.chance(0.1)
        ? ({ where: ({ sequence }: never) => sequence !== 7 } as never)
        : undefined,
      name: `l${this.all.length}`,
    };
    const listener: Listener = {
      label: `l${this.all.length}@${station.publisher}`,
      station,
      life: station.life,
      pattern,
      group,
      isSound:
        group === undefined &&
        mode === 'all' &&
        overflow === 'block' &&
        options.filter === undefined &&
        options.capacity === 1024 &&
        (behaviour === 'plain' || behaviour === 'quick'),
      seen: new Map(),
      lanes: new Map(),
      subscription: undefined,
    };
    const handle = (message: Message): unknown => {
      this.#seen(listener, message, mode === 'latest');
      return this.#behave(behaviour, message);
    };
    this.#journal.note(
      station.id,
      `subscribes ${listener.label} ${pattern} ${behaviour} ${group ?? ''} ${mode} ${overflow} ${options.capacity}`,
    );
    listener.subscription = station.bus.subscribe(pattern, handle, options);
    this.all.push(listener);
  }

  /** Ends one that lives; draining or at once. */
  end(station: Station): void {
    const { random } = this.#world;
    const alive = this.alive.filter((listener) => listener.station === station);
    const listener = random.pick(alive);
    if (listener === undefined) return;
    const drains = random.chance(0.5);
    this.#journal.note(station.id, `${drains ? 'drains' : 'ends'} ${listener.label}`);
    const { subscription } = listener;
    listener.subscription = undefined;
    if (!drains) subscription?.stop();
    else if (subscription !== undefined) {
      this.#journal.expect(`drain of ${listener.label}`, subscription[Symbol.asyncDispose]());
    }
  }

  get alive(): readonly Listener[] {
    return this.all.filter(
      ({ subscription, station, life }) => subscription !== undefined && station.life === life,
    );
  }

  #seen(listener: Listener, message: Message, isLatest: boolean): void {
    // Of those, best effort promises nothing: they are sent again to whom they are for.
    if (isReliable(message.topic)) return;
    const journal = this.#journal;
    const { label } = listener;
    journal.delivered++;
    const load = journal.checkLoad(message.payload, message.topic, label);
    if (load === undefined) return;
    journal.note(listener.station.id, `${label} gets ${load.nonce}`);
    this.#checkSource(listener, message, load);
    const times = (listener.seen.get(load.nonce) ?? 0) + 1;
    listener.seen.set(load.nonce, times);
    if (this.#isUnsure()) return;
    if (times > this.#ways) journal.problem(`${label} got ${load.nonce} ${times} times`);
    const key = isLatest ? (message.key ?? message.topic) : message.key;
    this.#checkOrder(listener, load, `${load.from} ${message.priority} ${key}`);
  }

  /** In order along each way: what came is a merge of no more rising lists than there are ways. */
  #checkOrder(listener: Listener, { sequence, nonce }: Load, lane: string): void {
    const lasts = listener.lanes.get(lane) ?? [];
    listener.lanes.set(lane, lasts);
    let best = -1;
    for (const [at, last] of lasts.entries()) {
      if (last < sequence && (best < 0 || last > (lasts[best] as number))) best = at;
    }
    if (best >= 0) lasts[best] = sequence;
    else if (lasts.length < this.#ways) lasts.push(sequence);
    else
      this.#journal.problem(`${listener.label} got ${nonce} (${lane} ${sequence}) after ${lasts}`);
  }

  #checkSource({ station, label }: Listener, { source }: Message, { from, nonce }: Load): void {
    const [publisher = ''] = from.split('/');
    // A side that trusts nobody names the neighbour that it got a message from.
    const onTheWay = source !== station.id && /^b[0-4]$/.test(source);
    if (source === publisher || (onTheWay && publisher !== station.id)) return;
    this.#journal.problem(`${label} got ${nonce} of ${from} from '${source}'`);
  }

  #behave(behaviour: (typeof behaviours)[number], message: Message): unknown {
    const { random } = this.#world;
    switch (behaviour) {
      case 'plain':
        return undefined;
      case 'quick':
        return this.#sleep(random.next() * 2);
      case 'slow':
        return this.#sleep(random.next() * 80);
      case 'throws':
        if (random.chance(0.5)) return undefined;
        if (random.chance(0.5)) throw new Error('on purpose');
        return this.#sleep(1).then(() => {
          throw new Error('on purpose, later');
        });
      case 'hangs':
        return random.chance(0.9) ? undefined : new Promise(() => undefined);
      case 'ends':
        return new Promise((_, reject) => {
          if (random.chance(0.8)) reject(new Error('on purpose'));
          else message.signal.addEventListener('abort', () => reject(message.signal.reason));
        });
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#world.at(this.#world.now + ms, resolve));
  }
}
