import type { Ledger } from './ledger.ts';
import type { Delivery, Ending, Sent } from './messages.ts';
import { Fault } from './messages.ts';
import type { Reader } from './program.ts';

const rank = { high: 0, normal: 1, low: 2 } as const;
/** After so many overtakings the lowest priority that waits goes next. */
const overtakings = 8;

/** One subscription, handler or loop: its mailbox, and the rules of who goes next. */
export class ModelReader {
  readonly name: string;
  readonly spec: Reader;
  state: 'active' | 'draining' | 'stopped' = 'active';
  /** Of a loop: calls of `next` that wait for a message. */
  asked = 0;
  /** Messages lost since the one before. */
  missed = 0;
  /** Whether its handler is on the stack. */
  onStack = false;
  /** Whether its handler has ever returned a promise. */
  knownAsync: boolean;
  waiting: Delivery[] = [];
  blocked: Delivery[] = [];
  readonly running = new Set<Delivery>();
  readonly #ledger: Ledger;
  readonly #sends: boolean;
  /** Overtakings since the lowest had its turn; and since nothing lower waited, if that is later. */
  #overtaken = 0;
  #inARow = 0;

  constructor(name: string, spec: Reader, ledger: Ledger) {
    this.name = name;
    this.spec = spec;
    this.knownAsync = spec.style === 'native' && spec.kind !== 'loop';
    this.#ledger = ledger;
    this.#sends = spec.manners.some(({ sends }) => sends.length > 0);
  }

  get load(): number {
    const running = [...this.running].filter(({ state }) => state === 'running');
    return this.waiting.length + this.blocked.length + running.length;
  }

  /** How many it may start now. */
  get places(): number {
    if (this.spec.kind === 'loop') return this.asked;
    return this.spec.concurrency - [...this.running].filter(({ holdsPlace }) => holdsPlace).length;
  }

  matches(topic: string): boolean {
    const { pattern } = this.spec;
    if (pattern === '**') return true;
    if (!pattern.includes('*')) return topic === pattern;
    return topic.startsWith('a.');
  }

  /** A filter that throws says no. */
  wants({ id }: Sent): boolean {
    const { filter } = this.spec;
    if (filter === 'odd') return id % 2 === 1;
    return filter !== 'throws' || id % 3 !== 0;
  }

  /** Takes a message as its policy says. */
  offer(delivery: Delivery): void {
    const { overflow, capacity } = this.spec;
    const { sent } = delivery;
    if (this.#isFreeFor(delivery)) {
      delivery.direct = true;
      delivery.missed = this.missed;
      this.missed = 0;
      this.#accept(delivery);
      return;
    }
    if (overflow === 'latest') {
      const key = this.#keyOf(delivery) ?? sent.topic;
      const at = this.waiting.findIndex(
        (other) => !other.direct && (this.#keyOf(other) ?? other.sent.topic) === key,
      );
      const older = this.waiting[at];
      if (older !== undefined) {
        this.waiting[at] = delivery;
        sent.accepted++;
        this.missed++;
        this.#ledger.end(older, 'superseded');
        return;
      }
    }
    if (this.#hasRoom()) this.#accept(delivery);
    else if (overflow === 'block' && this.blocked.length < capacity) {
      delivery.state = 'blocked';
      sent.blocked++;
      this.blocked.push(delivery);
    } else if (overflow === 'block' || overflow === 'error') {
      sent.refusals.push(['BUS_MAILBOX_FULL']);
      this.#ledger.end(delivery, 'rejected', ['BUS_MAILBOX_FULL']);
    } else this.#makeRoomFor(delivery);
  }

  /** The lowest priority goes first, and a message never for one below it. */
  #makeRoomFor(delivery: Delivery): void {
    const ending =
      this.spec.overflow === 'drop-newest' ? 'dropped:drop-newest' : 'dropped:drop-oldest';
    const own = rankOf(delivery);
    const lowest = Math.max(...this.#queued().map(rankOf));
    const ofLowest = this.#queued().filter((other) => rankOf(other) === lowest);
    const least = ending === 'dropped:drop-newest' ? own + 1 : own;
    const victim =
      lowest < least ? delivery : ending === 'dropped:drop-newest' ? ofLowest.at(-1) : ofLowest[0];
    this.missed++;
    if (victim !== delivery && victim !== undefined) {
      this.waiting.splice(this.waiting.indexOf(victim), 1);
      this.#accept(delivery);
    }
    this.#ledger.end(victim ?? delivery, ending);
  }

  #accept(delivery: Delivery): void {
    delivery.sent.accepted++;
    this.waiting.push(delivery);
  }

  #queued(): Delivery[] {
    return this.waiting.filter((delivery) => !delivery.direct);
  }

  #hasRoom(): boolean {
    return this.#queued().length < this.spec.capacity;
  }

  #isFreeFor(delivery: Delivery): boolean {
    const isNext = this.#queued().length === 0 && this.blocked.length === 0;
    const places = this.places - this.waiting.length;
    return isNext && !this.onStack && places > 0 && !this.#isKeyBusy(delivery);
  }

  /** Room has come: the first of those who wait for it is let in. */
  admit(): void {
    while (this.blocked.length > 0 && this.#hasRoom()) {
      const next = this.blocked.shift() as Delivery;
      next.state = 'waiting';
      next.sent.blocked--;
      this.#accept(next);
    }
  }

  /** Takes out a message that ended before its turn. */
  forget(delivery: Delivery): void {
    for (const list of [this.waiting, this.blocked]) {
      const at = list.indexOf(delivery);
      if (at >= 0) list.splice(at, 1);
    }
    if (this.state !== 'stopped') this.admit();
  }

  /** Ends what waits. */
  dropWaiting(ending: Ending, codes: readonly string[]): void {
    for (const delivery of [...this.waiting.splice(0), ...this.blocked.splice(0)]) {
      this.#ledger.end(delivery, ending, codes);
    }
  }

  /** Those of whom one may start next: one, or more where the rules leave it open. */
  next(): readonly Delivery[] {
    // A loop was given its messages before it hears of them.
    const given = this.spec.kind === 'loop' && this.waiting.find(({ direct }) => direct);
    if (given) return [given];
    const open = this.waiting.filter((delivery) => !this.#isKeyBusy(delivery));
    const best = firstOf(open, Math.min(...open.map(rankOf)));
    const lowest = firstOf(open, Math.max(...open.map(rankOf)));
    if (best === undefined || lowest === undefined) return [];
    // What waits for its key stands aside, and then goes before others. What comes to a handler from
    // its own call may come while it is on the stack, or when it has just left. In both cases only
    // each key and priority has an order.
    if (this.#hasLanes() || this.#sends) {
      return open.filter((delivery) => this.#isFirstOfItsKey(delivery));
    }
    if (best === lowest || this.#overtaken < overtakings) return [best];
    return this.#inARow < overtakings ? [best, lowest] : [lowest];
  }

  /** A message starts: the rules are asked, and its place is taken. */
  take(delivery: Delivery): void {
    const allowed = this.next();
    if (!allowed.includes(delivery)) {
      const others = allowed.map(({ sent }) => sent.id).join(' or ') || 'nothing';
      throw new Fault(`${this.name} started ${delivery.sent.id}, but ${others} comes next`);
    }
    const own = rankOf(delivery);
    const wasGiven = delivery.direct && this.spec.kind === 'loop';
    const overtakes = !wasGiven && this.waiting.some((other) => rankOf(other) > own);
    const late = this.waiting.some((other) => rankOf(other) < own);
    this.#inARow = overtakes ? this.#inARow + 1 : 0;
    this.#overtaken = late ? 0 : this.#overtaken + (overtakes ? 1 : 0);
    this.waiting.splice(this.waiting.indexOf(delivery), 1);
    delivery.state = 'running';
    this.running.add(delivery);
    if (this.state !== 'stopped') this.admit();
  }

  #hasLanes(): boolean {
    const { concurrency } = this.spec;
    return concurrency > 1 && this.waiting.some((other) => this.#keyOf(other) !== undefined);
  }

  #isFirstOfItsKey(delivery: Delivery): boolean {
    const isLike = (other: Delivery): boolean =>
      rankOf(other) === rankOf(delivery) &&
      (this.spec.concurrency === 1 || this.#keyOf(other) === this.#keyOf(delivery));
    return this.waiting.find(isLike) === delivery;
  }

  /** With several places, messages of one key are never handled at once. */
  #isKeyBusy(delivery: Delivery): boolean {
    const key = this.#keyOf(delivery);
    if (key === undefined || this.spec.concurrency === 1) return false;
    return [...this.running].some((other) => other.holdsPlace && this.#keyOf(other) === key);
  }

  #keyOf({ sent }: Delivery): string | undefined {
    if (this.spec.byParity) return sent.id % 2 === 1 ? 'odd' : 'even';
    return sent.key;
  }
}

function rankOf({ sent }: Delivery): number {
  return rank[sent.priority];
}

function firstOf(deliveries: readonly Delivery[], wanted: number): Delivery | undefined {
  return deliveries.find((delivery) => rankOf(delivery) === wanted);
}
