import type {
  Connection,
  ConnectionEvents,
  Transport,
  TransportHost,
} from '../../src/plugin/transport.ts';
import { streamFeatures } from './features.ts';
import type { RawFrame, RawRecord } from './raw-bytes.ts';
import { empty, framesOf, json, jsonOf, recordsOf, type } from './raw-bytes.ts';

/** Where a connection seems to come from. */
export interface Whence {
  readonly remote?: string;
  readonly local?: boolean;
}

/** A listener that tests connect to by hand. */
export class TestListener implements Transport {
  readonly name = 'test';
  readonly address = 'test';
  readonly role = 'listen';
  readonly features: Transport['features'];
  #host: TransportHost | undefined;

  constructor(framing: 'stream' | 'message' = 'stream') {
    this.features = { ...streamFeatures, framing };
  }

  async open(host: TransportHost): Promise<void> {
    this.#host = host;
  }

  async close(): Promise<void> {}

  /** A connection at whose other end the test decides about every byte. */
  dial(whence: Whence = {}): RawPeer {
    const peer = new RawPeer(whence);
    if (this.#host === undefined) throw new Error('nobody listens yet: start the bus');
    peer.events = this.#host.connected(peer);
    return peer;
  }
}

/** A connector whose every connection is one the test answers. */
export class TestConnector implements Transport {
  readonly name = 'test';
  readonly address = 'test';
  readonly role = 'connect';
  readonly features: Transport['features'] = streamFeatures;
  readonly peers: RawPeer[] = [];
  readonly #answer: (peer: RawPeer) => void;

  constructor(answer: (peer: RawPeer) => void) {
    this.#answer = answer;
  }

  async open(host: TransportHost): Promise<void> {
    const peer = new RawPeer({});
    this.peers.push(peer);
    peer.events = host.connected(peer);
    this.#answer(peer);
  }

  async close(): Promise<void> {}
}

/** What a peer says first, unless told otherwise. */
export const plainHello = {
  protocol: 1,
  busId: 'peer',
  instance: 'aaaaaaaaaaaaaaaa',
  idPrefix: 'peer-',
  codecs: ['msgpack', 'json'],
  limits: {
    frameBytes: 1_179_648,
    windowMessages: 4096,
    windowBytes: 4_194_304,
    pendingRequests: 1024,
    unacknowledged: 4096,
    interests: 1000,
    depth: 32,
    nodes: 16_384,
    mapEntries: 4096,
    headerBytes: 8192,
  },
  credentials: {},
};

export type HelloParts = Partial<typeof plainHello> | Record<string, unknown>;

/** The far end of a connection, which speaks bytes. */
export class RawPeer implements Connection {
  readonly remote: string;
  readonly local: boolean;
  readonly #got: Uint8Array[] = [];
  events: ConnectionEvents | undefined;
  /** Whether the bus has closed the connection. */
  closed = false;
  /** What `send` says. */
  takesMore = true;

  constructor({ remote = 'somewhere', local = true }: Whence) {
    this.remote = remote;
    this.local = local;
  }

  // What the bus calls.

  send(bytes: Uint8Array): boolean {
    this.#got.push(bytes.slice());
    return this.takesMore;
  }

  async flush(): Promise<void> {}

  close(): void {
    this.closed = true;
  }

  // What the test calls.

  say(...bytes: readonly Uint8Array[]): void {
    for (const piece of bytes) this.events?.receive(piece);
  }

  /** Everything the bus has sent. */
  get bytes(): Uint8Array {
    return Buffer.concat(this.#got);
  }

  get frames(): readonly RawFrame[] {
    return framesOf(this.bytes);
  }

  of(wanted: number): readonly RawFrame[] {
    return this.frames.filter((frame) => frame.type === wanted);
  }

  /** All records of all frames of messages. */
  get records(): readonly RawRecord[] {
    return this.of(type.messages).flatMap(recordsOf);
  }

  /** What these are, in order. */
  get kinds(): readonly number[] {
    return this.records.map(({ kind }) => kind);
  }

  /** The code of the goodbye that was said to this peer. */
  get byeCode(): string | undefined {
    const [bye] = this.of(type.bye);
    return bye === undefined ? undefined : (jsonOf(bye) as { code: string }).code;
  }

  hello(parts: HelloParts = {}): void {
    this.say(json(type.hello, { ...plainHello, ...parts }));
  }

  /** Its half of the handshake. */
  greet(parts: HelloParts = {}): void {
    this.hello(parts);
    this.say(empty(type.welcome));
  }
}
