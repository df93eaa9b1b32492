import type { Delivery, Ending, Sent } from './messages.ts';
import { Fault } from './messages.ts';
import { ModelReader } from './model-reader.ts';
import type { Program, Reader } from './program.ts';
import { chosenOf, targetsOf, Turns } from './targets.ts';

const never = Number.POSITIVE_INFINITY;

/** A bus as its documentation has it: small, slow, and asked after each step. */
export class Model {
  readonly readers: ModelReader[] = [];
  readonly sent: Sent[] = [];
  readonly counts = new Map<string, number>();
  state: 'running' | 'stopping' | 'stopped' = 'running';
  accepted = 0;
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
    const end = this.#end.bind(this);
    const reader = new ModelReader(`r${this.readers.length}`, spec, end);
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
    else this.#endUnsent(sent, refused.ending, [refused.code]);
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
      this.#endUnsent(sent, 'unroutable', sent.verb === 'publish' ? undefined : ['BUS_NO_ROUTE']);
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
      isAsync: false,
      asked: false,
      limit: never,
      aborted: false,
    };
    sent.deliveries.push(delivery);
    this.accepted++;
    reader.offer(delivery);
    return delivery;
  }

  /** A reader gets a message. @throws Fault where it must not, or must not yet. */
  started(reader: ModelReader, id: number, missed: number, now: number): Delivery {
    this.expire(now, false);
    const delivery = this.#find(reader, id);
    if (reader.state === 'stopped') throw new Fault(`${reader.name} got ${id} after its stop()`);
    if (reader.onStack) throw new Fault(`${reader.name} got ${id} within its own call`);
    if (reader.places <= 0 || !reader.next().includes(delivery)) this.#findPlace(reader, now);
    if (reader.places <= 0) {
      throw new Fault(`${reader.name} got ${id}, and has no place free for it`);
    }
    this.#checkInFlight(delivery);
    reader.take(delivery);
    const lost = delivery.missed ?? reader.missed;
    if (missed !== lost) {
      throw new Fault(`${reader.name} was told of ${missed} missed before ${id}, not of ${lost}`);
    }
    if (delivery.missed === undefined) reader.missed = 0;
    delivery.limit = now + reader.spec.timeoutMs;
    delivery.holdsPlace = true;
    delivery.isAsync = reader.spec.style === 'native';
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

  /** Promises may have told the bus what the model takes note of only now, and a limit may just be over. */
  #findPlace(reader: ModelReader, now: number): void {
    const done = [...reader.running].find(({ finishing }) => finishing !== undefined);
    if (done?.finishing === undefined) this.expire(now, true);
    else this.finished(done, done.finishing);
  }

  #checkInFlight({ reader, sent }: Delivery): void {
    const { style, once } = reader.spec;
    if (style !== 'native' || once || sent.nested) return;
    const atWork = this.#atWork().filter(
      (each) => !each.sent.nested && !each.asked && each.finishing === undefined,
    );
    if (atWork.length < this.#program.inFlight) return;
    throw new Fault(
      `${reader.name} started ${sent.id} while ${atWork.length} asynchronous handlers ran: more than limits.inFlight`,
    );
  }

  #atWork(): Delivery[] {
    return this.readers.flatMap(({ running }) =>
      [...running].filter((each) => each.holdsPlace && each.isAsync),
    );
  }

  /** A handler is done; of one whose message has ended before, only the place is free again. */
  finished(delivery: Delivery, ending: 'handled' | 'failed'): void {
    this.#end(delivery, ending, ['E_MODEL']);
    delivery.holdsPlace = false;
    delivery.finishing = undefined;
    delivery.reader.running.delete(delivery);
  }

  /** All promises have settled. */
  settled(now: number): void {
    for (const { running } of this.readers) {
      for (const each of running) if (each.finishing !== undefined) this.finished(each, each.finishing);
    }
    this.expire(now, true);
    this.#stopIfDue(now);
  }

  /** Time has come to `now`: with `all`, what is due at this very moment is over, too. */
  expire(now: number, all: boolean): void {
    for (;;) {
      const due = this.#due().filter(({ at }) => at < now || (all && at === now));
      const first = due.sort((a, b) => a.at - b.at)[0];
      if (first === undefined) return;
      const { delivery, isLimit } = first;
      const code = !isLimit && delivery.sent.verb === 'request' ? 'CORRELATION_TIMEOUT' : 'BUS_EXPIRED';
      this.#end(delivery, 'expired', [code]);
      if (!isLimit) continue;
      delivery.holdsPlace = false;
      delivery.reader.running.delete(delivery);
    }
  }

  #due(): { readonly delivery: Delivery; readonly at: number; readonly isLimit: boolean }[] {
    return this.readers.flatMap(({ waiting, blocked, running }) =>
      [...waiting, ...blocked, ...running].flatMap((delivery) => {
        const { state, limit, holdsPlace, isAsync, sent } = delivery;
        const limits = holdsPlace && isAsync ? [{ delivery, at: limit, isLimit: true }] : [];
        const deadlines = state === 'ended' ? [] : [{ delivery, at: sent.deadline, isLimit: false }];
        return [...deadlines, ...limits];
      }),
    );
  }

  abort(sent: Sent): void {
    for (const delivery of sent.deliveries) this.#end(delivery, 'cancelled', ['BUS_CANCELLED']);
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
      for (const delivery of reader.running) this.#end(delivery, 'cancelled', []);
      reader.state = 'stopped';
      reader.asked = 0;
    }
  }

  #endUnsent(sent: Sent, ending: Ending, codes: readonly string[] | undefined): void {
    this.accepted++;
    this.#count(ending);
    if (codes === undefined) return;
    sent.refusals.push(codes);
    sent.reply = { codes };
  }

  #end(delivery: Delivery, ending: Ending, codes: readonly string[] = []): void {
    const { state, sent, reader } = delivery;
    if (state === 'ended') return;
    delivery.state = 'ended';
    this.#count(ending);
    if (state === 'blocked') {
      sent.blocked--;
      sent.refusals.push(codes);
    }
    if (state === 'running') delivery.aborted = ending === 'expired' || ending === 'cancelled';
    sent.reply ??= ending === 'handled' ? { value: `${sent.id} by ${reader.name}` } : { codes };
    if (state !== 'running') reader.forget(delivery);
  }

  #count(ending: Ending): void {
    this.counts.set(ending, (this.counts.get(ending) ?? 0) + 1);
  }

  /** Names one that should be at work and is not; loops hear of theirs by a promise. */
  idle(loops: boolean): string | undefined {
    const held = this.#atWork().length >= this.#program.inFlight;
    for (const reader of this.readers) {
      if (reader.places <= 0 || reader.onStack) continue;
      if (!loops && reader.spec.kind === 'loop') continue;
      const due = reader.next().find(({ sent }) => !held || !reader.knownAsync || sent.nested);
      if (due !== undefined) return `${due.sent.id} waits at ${reader.name}, which has a place free`;
    }
    const lost = this.sent.find(({ undecided }) => undecided.length > 0);
    const group = lost?.undecided[0]?.map(({ name }) => name).join();
    return lost && `${lost.id} came to nobody of ${group}`;
  }
}
