import { atWork, hindering } from './at-work.ts';
import { dueOf } from './due.ts';
import { Ledger } from './ledger.ts';
import type { Delivery, Ending, Sent } from './messages.ts';
import { Fault } from './messages.ts';
import { ModelReader } from './model-reader.ts';
import type { Program, Reader } from './program.ts';
import { chosenOf, Turns, targetsOf } from './targets.ts';

const never = Number.POSITIVE_INFINITY;

/** A bus as its documentation has it: small, slow, and asked after each step. */
export class Model {
  readonly readers: ModelReader[] = [];
  readonly sent: Sent[] = [];
  state: 'running' | 'stopping' | 'stopped' = 'running';
  readonly ledger = new Ledger();
  /** How often anybody has got a message. */
  starts = 0;
  readonly #program: Pick<Program, 'balance' | 'inFlight'>;
  readonly #turns = new Turns();
  /** Sent, and not yet brought to its targets: what was sent before comes first. */
  #underWay: Sent[] = [];
  #stopsAt = never;

  constructor(program: Pick<Program, 'balance' | 'inFlight'>) {
    this.#program = program;
  }

  get inFlight(): number {
    return this.readers.reduce((sum, { load }) => sum + load, 0);
  }

  add(spec: Reader): ModelReader {
    const reader = new ModelReader(`r${this.readers.length}`, spec, this.ledger);
    this.readers.push(reader);
    return reader;
  }

  /** @param refusal - how and why it is refused before it has any target. */
  send(
    message: Pick<Sent, 'verb' | 'topic' | 'key' | 'priority' | 'deadline' | 'nested'>,
    refusal?: { readonly ending: Ending; readonly code: string },
  ): Sent {
    const sent: Sent = {
      ...message,
      id: this.sent.length + 1,
      deliveries: [],
      undecided: [],
      routed: false,
      accepted: 0,
      blocked: 0,
      refusals: [],
      reply: undefined,
    };
    this.sent.push(sent);
    const refused =
      this.state === 'running' || (this.state === 'stopping' && sent.nested)
        ? refusal
        : ({ ending: 'rejected', code: 'BUS_CLOSED' } as const);
    if (refused === undefined) this.#underWay.push(sent);
    else this.ledger.endUnsent(sent, refused.ending, [refused.code]);
    return sent;
  }

  /** Brings what is under way to its targets: no fan-out is, at this moment. */
  deliver(): void {
    while (this.#underWay.length > 0) this.#deliverNext();
  }

  #deliverNext(): void {
    const sent = this.#underWay.shift() as Sent;
    const { all, oneOf } = targetsOf(sent, this.readers);
    sent.routed = all.length + oneOf.length > 0;
    if (!sent.routed) {
      this.ledger.endUnsent(
        sent,
        'unroutable',
        sent.verb === 'publish' ? undefined : ['BUS_NO_ROUTE'],
      );
    }
    for (const reader of all) this.#offer(sent, reader);
    for (const equals of oneOf) {
      if (this.#program.balance === 'chosen' || equals.length === 1) {
        this.#offer(sent, chosenOf(equals, sent.id));
      } else sent.undecided.push([...equals]);
    }
  }

  #offer(sent: Sent, reader: ModelReader): Delivery {
    const delivery: Delivery = {
      sent,
      reader,
      state: 'waiting',
      direct: false,
      missed: undefined,
      holdsPlace: false,
      finishing: undefined,
      finishedAt: never,
      isAsync: false,
      asked: false,
      limit: never,
      aborted: false,
    };
    sent.deliveries.push(delivery);
    this.ledger.accepted++;
    reader.offer(delivery);
    return delivery;
  }

  /** A reader gets a message. @throws Fault where it must not, or must not yet. */
  started(reader: ModelReader, id: number, missed: number, now: number): Delivery {
    this.starts++;
    this.expire(now, false);
    const delivery = this.#find(reader, id);
    if (reader.state === 'stopped') throw new Fault(`${reader.name} got ${id} after its stop()`);
    if (reader.onStack) throw new Fault(`${reader.name} got ${id} within its own call`);
    this.#catchUp(delivery, now);
    if (reader.places <= 0) {
      throw new Fault(`${reader.name} got ${id}, and has no place free for it`);
    }
    const ran = hindering(delivery, this.readers);
    if (ran >= this.#program.inFlight) {
      throw new Fault(
        `${reader.name} started ${id} while ${ran} asynchronous handlers ran: more than limits.inFlight`,
      );
    }
    reader.take(delivery);
    const lost = delivery.missed ?? reader.missed;
    if (missed !== lost) {
      throw new Fault(`${reader.name} was told of ${missed} missed before ${id}, not of ${lost}`);
    }
    if (delivery.missed === undefined) reader.missed = 0;
    delivery.limit = now + reader.spec.timeoutMs;
    delivery.holdsPlace = true;
    delivery.isAsync = reader.spec.style === 'native' && reader.spec.kind !== 'loop';
    if (reader.spec.kind === 'loop') {
      reader.asked--;
      this.finished(delivery, 'handled');
    } else if (reader.spec.once) this.stopReader(reader);
    return delivery;
  }

  #find(reader: ModelReader, id: number): Delivery {
    for (;;) {
      const sent = this.sent[id - 1];
      const found = sent?.deliveries.find((each) => each.reader === reader);
      if (found?.state === 'waiting') return found;
      const equals = sent?.undecided.find((each) => each.includes(reader));
      if (sent !== undefined && equals !== undefined && found === undefined) {
        this.#turns.took(reader, equals);
        sent.undecided.splice(sent.undecided.indexOf(equals), 1);
        return this.#offer(sent, reader);
      }
      if (this.#underWay.length === 0) {
        const why = found === undefined ? 'which is not for it' : `which was ${found.state}`;
        throw new Fault(`${reader.name} got ${id}, ${why}`);
      }
      this.#deliverNext();
    }
  }

  /**
   * Promises may have told the bus what the model takes note of only when somebody starts, and what
   * is due at this very moment may be over.
   */
  #catchUp(delivery: Delivery, now: number): void {
    const { reader } = delivery;
    const mayStart = (): boolean =>
      reader.places > 0 &&
      reader.next().includes(delivery) &&
      hindering(delivery, this.readers) < this.#program.inFlight;
    for (const each of [...reader.running]) {
      if (each.finishing !== undefined && !mayStart()) this.finished(each, each.finishing);
    }
    if (!mayStart()) this.expire(now, true);
  }

  /** A handler is done, which its promise has yet to tell the bus; what has come too late is no matter. */
  finishes(delivery: Delivery, ending: 'handled' | 'failed', now: number): void {
    const cutOff = this.state === 'stopping' && now >= this.#stopsAt;
    if (cutOff) return;
    if (delivery.limit <= now) this.#expire(delivery, true);
    else if (delivery.sent.deadline <= now) this.#expire(delivery, false);
    delivery.finishing = ending;
    delivery.finishedAt = now;
  }

  /** A handler is done; of one whose message has ended before, only the place is free again. */
  finished(delivery: Delivery, ending: 'handled' | 'failed'): void {
    this.ledger.end(delivery, ending, ['E_MODEL']);
    delivery.holdsPlace = false;
    delivery.finishing = undefined;
    delivery.reader.running.delete(delivery);
  }

  /** All promises have settled. */
  settled(now: number): void {
    this.#finishUntil(never);
    this.expire(Math.min(now, this.#stopsAt), true);
    this.#stopIfDue(now);
  }

  /** Promises that settled before a moment have told the bus by then. */
  #finishUntil(moment: number): void {
    for (const { running } of this.readers) {
      for (const each of running) {
        if (each.finishing !== undefined && each.finishedAt < moment)
          this.finished(each, each.finishing);
      }
    }
  }

  /** Time has come to `now`: with `all`, what is due at this very moment is over, too. */
  expire(now: number, all: boolean): void {
    for (;;) {
      const due = dueOf(this.readers).filter(({ at }) => at < now || (all && at === now));
      const first = due.sort((a, b) => a.at - b.at)[0];
      if (first === undefined) return;
      this.#finishUntil(first.at);
      if (first.delivery.state === 'ended' && !first.delivery.holdsPlace) continue;
      this.#expire(first.delivery, first.isLimit);
    }
  }

  /** A hung handler gives its place up when its own limit is over, not with the message's deadline. */
  #expire(delivery: Delivery, isLimit: boolean): void {
    const { sent, reader } = delivery;
    const late = !isLimit && sent.verb === 'request' ? 'CORRELATION_TIMEOUT' : 'BUS_EXPIRED';
    this.ledger.end(delivery, 'expired', [late]);
    if (!isLimit) return;
    delivery.holdsPlace = false;
    reader.running.delete(delivery);
  }

  abort(sent: Sent): void {
    for (const delivery of sent.deliveries)
      this.ledger.end(delivery, 'cancelled', ['BUS_CANCELLED']);
  }

  stopReader(reader: ModelReader): void {
    reader.state = 'stopped';
    reader.asked = 0;
    reader.dropWaiting('dropped:unsubscribed', []);
  }

  stop(now: number, drainMs: number): void {
    this.state = 'stopping';
    this.#stopsAt = now + drainMs;
  }

  /** What is still to come when the time to drain is over is cut off. */
  #stopIfDue(now: number): void {
    if (this.state !== 'stopping') return;
    if (this.inFlight > 0 && now < this.#stopsAt) return;
    this.state = 'stopped';
    for (const reader of this.readers) {
      reader.dropWaiting('dropped:closed', []);
      for (const delivery of reader.running) this.ledger.end(delivery, 'cancelled', []);
      reader.state = 'stopped';
      reader.asked = 0;
    }
  }

  /**
   * Names one that should be at work and is not.
   * @param settled - whether all promises have: loops hear by one, and so does a handler that asked.
   */
  idle(settled: boolean): string | undefined {
    const running = atWork(this.readers);
    const { inFlight } = this.#program;
    const held = running.length >= inFlight;
    const heldByOthers = !settled || running.filter(({ asked }) => !asked).length >= inFlight;
    for (const reader of this.readers) {
      if (reader.places <= 0 || reader.onStack) continue;
      if (!settled && reader.spec.kind === 'loop') continue;
      const due = reader
        .next()
        .find(({ sent }) => !held || !reader.knownAsync || (sent.nested && !heldByOthers));
      if (due !== undefined) {
        return `${due.sent.id} waits at ${reader.name}, which has a place free`;
      }
    }
    const lost = this.sent.find(({ undecided }) => undecided.length > 0);
    const group = lost?.undecided[0]?.map(({ name }) => name).join();
    return lost && `${lost.id} came to nobody of ${group}`;
  }
}
