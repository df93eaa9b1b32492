import { numbersFrom } from './fuzz-corpus.ts';
import {
  bytesOf,
  empty,
  frame,
  interest,
  json,
  jsonOf,
  kind,
  messages,
  name,
  numbers,
  record,
  recordsOf,
  text,
  type,
  varint,
} from './raw-bytes.ts';
import type { HelloParts, RawPeer } from './raw-peer.ts';
import { plainHello } from './raw-peer.ts';

const most = Number.MAX_SAFE_INTEGER;
/** Numbers at which something could overflow, run on, or be taken for another. */
const extremes = [
  0,
  1,
  2,
  3,
  63,
  64,
  127,
  128,
  255,
  256,
  1023,
  1024,
  4095,
  4096,
  32_767,
  32_768,
  65_535,
  65_536,
  65_537,
  131_071,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 52,
  most - 3,
  most - 1,
  most,
];
const topics = [
  'open.a',
  'open.b',
  'open.a',
  'closed.a',
  'closed.b',
  'ask',
  'stream',
  'slow',
  'slow',
  'p.x',
  'q.x',
  '$bus.peer.up',
  'no..topic',
  'x'.repeat(1024),
  'line\nfeed \u001b[2J',
];
const payloads = [
  '',
  '01',
  'c0',
  'a161',
  '81a16101',
  '93010203',
  '82a4636f6465a1',
  'c1',
  '9fffff',
].map(bytesOf);
/** `{ code, message, outcome }`, in MessagePack. */
const failures = [
  '83a4636f6465a5585f424144a76d657373616765a2686da76f7574636f6d65a872656a6563746564',
  '82a4636f6465aa4255535f434c4f534544a76f7574636f6d65a963616e63656c6c6564',
  '81a4636f6465d94b'.padEnd(166, '41'),
  '80',
].map(bytesOf);

interface Offered {
  readonly id: number;
  readonly pattern: string;
}

/** What an honest peer could know by now, and uses to get further than noise would. */
interface Known {
  readonly interests: readonly Offered[];
  /** Ids of requests and of acked events that this peer has been sent. */
  readonly asked: readonly number[];
  readonly events: readonly number[];
}

/**
 * Says what the protocol allows, and what it nearly allows: each record and frame has the right form,
 * and now and then a number that no honest peer would give it. The same for the same seed.
 */
export class Grammar {
  readonly #random: () => number;
  readonly #steps: readonly (() => Buffer)[];
  #known: Known = { interests: [], asked: [], events: [] };
  /** How often something is not what an honest peer would say. */
  readonly #strangeness: number;
  /** By slot, the name told last, and an interest that it may be for. */
  #told: readonly { readonly id: number; readonly topic: string }[] = [];
  /** The slot of the message being written. */
  #slot = 0;
  /** Of the requests and acked events of its own. */
  #nextId = 0;
  /** What it has answered, and of which requests it has sent an item. */
  readonly #answered = { asked: new Set<number>(), events: new Set<number>() };
  readonly #begun = new Set<number>();

  constructor(seed: number) {
    this.#random = numbersFrom(seed);
    this.#strangeness = [0.003, 0.03, 0.3][this.below(3)] as number;
    this.#steps = [...this.#records(), ...this.#frames()];
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  oneOf<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  hello(): HelloParts {
    const { limits } = plainHello;
    if (this.chance(0.5)) return {};
    const strange = Object.keys(limits).filter(() => this.chance(0.3));
    const stated = strange.map((limit) => [limit, Math.max(1000, this.oneOf(extremes))]);
    return { limits: { ...limits, ...Object.fromEntries(stated) } };
  }

  /** What it says next, to a bus that has said so much to it. */
  next(peer: RawPeer): Buffer {
    const { frames } = peer;
    const records = frames.filter((each) => each.type === type.messages).flatMap(recordsOf);
    const idsOf = (wanted: number): readonly number[] =>
      records.filter((each) => each.kind === wanted).map(({ content }) => firstNumber(content));
    const offers = frames.filter((each) => each.type === type.offer);
    this.#known = {
      interests: offers.flatMap((offer) => jsonOf(offer) as readonly Offered[]),
      asked: idsOf(kind.request),
      events: idsOf(kind.ackedEvent),
    };
    const step = this.oneOf(this.#steps);
    const first = step();
    if (!this.chance(0.05)) return first;
    // As much of the same as one read of a socket brings.
    const times = Math.min(Math.floor(65_536 / first.length), 1000);
    return this.chance(0.5)
      ? Buffer.concat(Array(times).fill(first))
      : Buffer.concat(Array.from({ length: Math.min(times, 200) }, step));
  }

  get #isStrange(): boolean {
    return this.chance(this.#strangeness);
  }

  #number(honest: readonly number[]): Buffer {
    const strange = honest.length === 0 || this.#isStrange;
    return varint(this.oneOf(strange ? extremes : honest));
  }

  /** How long a run is: nothing has as much to do with it. */
  #length(): Buffer {
    return varint(this.chance(0.1) ? this.oneOf(extremes) : 1);
  }

  /** Says something of what is under way, and nothing twice that no honest peer says twice. */
  #about(
    what: 'asked' | 'events',
    said: Set<number> | undefined,
    make: (id: Buffer) => Buffer,
  ): Buffer {
    const known = this.#known[what];
    const ids = known.filter((id) => !this.#answered[what].has(id) && said?.has(id) !== true);
    if (this.#isStrange) return make(this.#number(known));
    if (ids.length === 0) return record(kind.more, varint(77));
    const id = this.oneOf(ids);
    said?.add(id);
    return make(varint(id));
  }

  #fields(): Buffer {
    const flags = this.chance(0.6) ? 0 : this.below(this.#isStrange ? 256 : 128);
    const slot = (): Buffer => this.#number([this.#slot, this.#slot, this.#slot, this.below(4)]);
    const short = (): Buffer => text('k'.repeat(this.below(20)));
    const has = (bit: number): boolean => (flags & bit) !== 0;
    const extra = this.below(this.#isStrange ? 64 : 3);
    return Buffer.concat([
      Buffer.from([flags]),
      slot(),
      ...(has(1) ? [slot(), slot()] : []),
      this.#number([this.below(100)]),
      ...(has(1) ? [this.#number([1, 2, 7, 8])] : []),
      ...(has(2) ? [this.#number([1, 500])] : []),
      ...(has(4) ? [this.#number([1, 500, 5000])] : []),
      ...(has(8) ? [short()] : []),
      ...(has(16) ? [varint(1), short(), short()] : []),
      ...(has(32) ? [short()] : []),
      ...(has(64) ? [Buffer.from([extra])] : []),
      this.oneOf(payloads.slice(0, this.#isStrange ? undefined : 6)),
    ]);
  }

  /** A frame of a record, mostly with the names it needs before it and repetitions behind it. */
  #framed(make: () => Buffer): () => Buffer {
    return () => {
      const names = this.#isStrange ? [] : this.#tell();
      return messages(...names, make(), ...Array.from({ length: this.below(4) }, make));
    };
  }

  #tell(): readonly Buffer[] {
    const { interests } = this.#known;
    this.#told = Array.from({ length: 4 }, () => {
      const { id, pattern } = this.oneOf([...interests, { id: 99, pattern: 'gone' }]);
      const fitting = pattern.replace('**', 'open.a').replace('*', 'a');
      return { id, topic: this.chance(0.8) ? fitting : this.oneOf(topics) };
    });
    return this.#told.map(({ topic }, slot) => name(slot, topic));
  }

  /** The interest that a message is for. */
  #to(): Buffer {
    this.#slot = this.below(4);
    const anybody = this.#known.interests.map(({ id }) => id);
    const { id = 99 } = this.#told[this.#slot] ?? {};
    return this.#number(this.chance(0.8) ? [id] : [...anybody, 99]);
  }

  #records(): readonly (() => Buffer)[] {
    const to = (): Buffer => this.#to();
    const id = (): Buffer => this.#number([this.#nextId++]);
    const used = (): Buffer => this.#number([this.below(this.#nextId + 1)]);
    const about =
      (what: number, said: Set<number> | undefined, bodies: readonly Buffer[]) => (): Buffer =>
        this.#about('asked', said, (id) => record(what, id, this.oneOf(bodies)));
    const { asked, events } = this.#answered;
    const message =
      (what: number, ...before: (() => Buffer)[]) =>
      (): Buffer =>
        record(what, ...before.map((part) => part()), to(), this.#fields());
    const flags = (): Buffer => Buffer.from([this.below(this.#isStrange ? 256 : 2)]);
    const also = (): Buffer => record(kind.also, to());
    const ackedAlso = (): Buffer => record(kind.ackedAlso, id(), to());
    const repeated = (make: () => Buffer) => (): Buffer =>
      Buffer.concat([
        make(),
        ...Array.from({ length: this.below(4) }, this.oneOf([also, ackedAlso])),
      ]);
    const nothing = [Buffer.alloc(0)];
    const event = repeated(message(kind.event));
    return [
      event,
      repeated(message(kind.notification)),
      repeated(message(kind.ackedEvent, id)),
      message(kind.request, id, flags),
      () => record(kind.name, this.#number([0, 1, 2, 3]), Buffer.from(this.oneOf(topics))),
      () => (this.#isStrange ? this.oneOf([also, ackedAlso])() : event()),
      about(kind.reply, asked, payloads),
      about(kind.failure, asked, failures),
      about(kind.stream, undefined, [...nothing, bytesOf('c3')]),
      about(kind.item, this.#begun, payloads),
      () => this.#about('events', events, (id) => record(kind.nack, id, this.oneOf(failures))),
      () =>
        this.#about('events', events, (id) =>
          record(kind.ack, id, this.#length(), this.#number([1])),
        ),
      () => record(kind.more, used()),
      () => record(kind.enough, used()),
      () => record(kind.cancel, used()),
      () => record(kind.ackedCancel, used()),
      () => (this.#isStrange ? record(this.below(20), id(), id()) : event()),
    ].map((make) => this.#framed(make));
  }

  #frames(): readonly (() => Buffer)[] {
    const ours = (): Buffer => this.#number([1, 2, 3, 5, 8, 13]);
    const code = (): string =>
      this.oneOf(['WIRE_FORBIDDEN', 'BUS_CLOSED', `X_${this.below(1e6)}`, 'a\nb']);
    return [
      () =>
        json(
          type.offer,
          Array.from({ length: this.below(16) }, () => this.#interest()),
        ),
      () => frame(type.revoke, ours()),
      () => frame(type.hold, ours()),
      () => frame(type.resume, ours()),
      () => frame(type.credit, this.#number([0, 1, 5]), this.#number([0, 20, 500])),
      () => empty(this.oneOf([type.ping, type.pong])),
      () => json(type.notice, { code: code(), message: 'no\n\u001b[2J' }),
      () => json(type.credentials, { token: 'x'.repeat(this.below(50)) }),
      () => (this.#isStrange ? empty(this.oneOf([type.leave, type.left])) : empty(type.ping)),
      () => (this.#isStrange ? frame(this.below(18), numbers(this.below(9))) : empty(type.pong)),
    ];
  }

  #interest(): object {
    const pattern = this.oneOf([
      'p.x',
      'p.*',
      '**',
      'q.x',
      { source: '^p', flags: '' },
      'a/b',
      'closed.*',
    ]);
    const parts = {
      kinds: this.oneOf([['event'], ['event', 'notification'], ['request', 'notification']]),
      acknowledges: this.chance(0.6),
      capacity: this.#isStrange ? Math.max(1, this.oneOf(extremes)) : 10,
      distance: this.#isStrange ? this.oneOf(extremes) : 1,
      priority: this.oneOf([0, 0, 0, 5, -1e308]),
      ...(this.chance(0.3) ? { members: 1 + this.below(this.#isStrange ? 70_000 : 60_000) } : {}),
      ...(this.chance(0.2) ? { name: 'n\n', group: 'g' } : {}),
      ...(this.chance(0.2)
        ? {
            reach: Array.from({ length: this.below(60) }, () =>
              this.below(this.#isStrange ? 70_000 : 60_000),
            ),
          }
        : {}),
    };
    return interest(this.#isStrange ? this.oneOf(extremes) : 1 + this.below(30), pattern, parts);
  }
}

function firstNumber(content: Buffer): number {
  let value = 0;
  let factor = 1;
  for (const byte of content) {
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) break;
    factor *= 128;
  }
  return value;
}
