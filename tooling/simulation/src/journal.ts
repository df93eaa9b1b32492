import { BusError } from '@bus/core';
import type { Trace } from './trace.ts';
import type { World } from './world.ts';

/** What every event, notification and request of a run carries. */
export interface Load {
  /** Unique within the run. */
  readonly nonce: number;
  readonly topic: string;
  /** The publisher: a bus, and which of its lives. */
  readonly from: string;
  /** Counts what this publisher sent. */
  readonly sequence: number;
  /** So many characters, all the same. */
  readonly padding: string;
}

/** A request that somebody waits for. */
export interface Ask {
  readonly nonce: number;
  readonly topic: string;
  readonly from: string;
  /** By when it must have been settled. */
  due: number;
  /** How it ended, each time it did. */
  readonly ends: string[];
  /** The buses whose handlers have got it. */
  readonly handledAt: Set<string>;
}

/** What was sent and seen in a run, and what of it was wrong. */
export class Journal {
  readonly problems: string[] = [];
  readonly asks: Ask[] = [];
  readonly byNonce = new Map<number, Ask>();
  /** By nonce, where it was sent to. */
  readonly sent = new Map<number, Load>();
  /** Promises of publishes, drains and stops that have not settled, by what they are of. */
  readonly open = new Set<string>();
  delivered = 0;
  readonly #isLossy: boolean;
  readonly #world: World;
  readonly #trace: Trace;
  #nonce = 0;

  /** @param isLossy - bytes are lost or doubled below the links, which carry no checksums. */
  constructor(world: World, trace: Trace, isLossy: boolean) {
    this.#isLossy = isLossy;
    this.#world = world;
    this.#trace = trace;
  }

  problem(text: string): void {
    this.#trace.add(this.#world.now, '!', text);
    if (this.problems.length < 20)
      this.problems.push(`at ${this.#world.now.toFixed(2)} ms: ${text}`);
  }

  /** What may happen only where bytes are lost or doubled. */
  damage(text: string): void {
    if (!this.#isLossy) this.problem(text);
  }

  note(bus: string, what: string): void {
    this.#trace.add(this.#world.now, bus, what);
  }

  load(topic: string, from: string, sequence: number, padding: number): Load {
    const nonce = ++this.#nonce;
    const mark = String.fromCharCode(97 + (nonce % 26));
    const load = { nonce, topic, from, sequence, padding: mark.repeat(padding) };
    this.sent.set(nonce, load);
    return load;
  }

  ask(load: Load, due: number): Ask {
    const { nonce, topic, from } = load;
    const ask: Ask = { nonce, topic, from, due, ends: [], handledAt: new Set() };
    this.asks.push(ask);
    this.byNonce.set(nonce, ask);
    return ask;
  }

  /** What was sent, if that is what arrived, on the topic it was sent on. */
  checkLoad(received: unknown, topic: string, where: string): Load | undefined {
    const load = received as Partial<Load> | undefined;
    const sent = load?.nonce === undefined ? undefined : this.sent.get(load.nonce);
    const isSame =
      sent !== undefined &&
      sent.topic === topic &&
      sent.padding === load?.padding &&
      sent.sequence === load.sequence;
    if (isSame) return sent;
    this.damage(`${where} got ${load?.nonce} on ${topic} other than it was sent`);
    return undefined;
  }

  /** Waits for a promise that must settle, and with a code if it fails. */
  expect(what: string, promise: Promise<unknown>, settled?: (value: string) => void): void {
    this.open.add(what);
    const end = (how: string): void => {
      this.open.delete(what);
      this.note('', `${what} ${how}`);
      settled?.(how);
    };
    promise.then(
      (value) => end(typeof value === 'number' ? `= ${value}` : 'done'),
      (error) => end(this.codeOf(error, what)),
    );
  }

  /** A request was settled; of a bus that has died, nothing counts any more. */
  settle(ask: Ask, how: string): void {
    if (ask.ends[0] === 'died') return;
    ask.ends.push(how);
    const now = this.#world.now;
    this.note(ask.from, `request ${ask.nonce}: ${how}`);
    if (now <= ask.due) return;
    const late = `${how} ${(now - ask.due).toFixed(1)} ms late`;
    this.problem(`request ${ask.nonce} on ${ask.topic} of ${ask.from}: ${late}`);
  }

  /** The timers of a bus stand still for so long. */
  excuse(publisher: string, ms: number): void {
    for (const ask of this.asks) if (ask.from === publisher) ask.due += ms;
  }

  /** A bus has died: nobody is left to settle what it began. */
  forget(publisher: string): void {
    for (const what of [...this.open]) if (what.includes(publisher)) this.open.delete(what);
    for (const { from, ends } of this.asks) {
      if (from === publisher && ends.length === 0) ends.push('died');
    }
  }

  /** The code of an error; one without is a problem. */
  codeOf(error: unknown, what: string): string {
    if (BusError.is(error)) return error.code;
    this.problem(`${what} failed without a code: ${String(error)}`);
    return 'no code';
  }
}
