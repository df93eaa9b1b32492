import type { Env } from '@bus/core';
import { checkOptions, oneOf, optionInvalid } from '@bus/core';
import type { Transport, TransportFeatures, TransportHost } from '@bus/wire';
import type { MemorySettings } from './memory-end.ts';
import { MemoryEnd } from './memory-end.ts';

/** What {@link memoryTransport} takes. */
export interface MemoryOptions {
  /** `stream`, the default: bytes arrive joined and cut as from a socket. `message`: as they were sent. */
  readonly framing?: 'stream' | 'message' | undefined;
  /** Bytes on their way in one direction, above which `send` returns false; at least 1, default 65,536. */
  readonly bufferBytes?: number | undefined;
  /** The most bytes of one `send`; a longer one closes the connection. At least 1, default no limit. */
  readonly maxSendBytes?: number | undefined;
}

/** What memory can do, which is everything but moving it. */
export interface MemoryFeatures extends TransportFeatures {
  /** Bytes arrive in the order sent. */
  readonly ordered: true;
  /** `send` returns false above `bufferBytes`. */
  readonly backpressure: true;
  /** An end can be opened again after {@link MemoryLink.heal}. */
  readonly reconnect: true;
  /** Both ends are told of a close. */
  readonly detectsClose: true;
  /** What is sent is copied. */
  readonly transfers: false;
}

/** Two transports that reach each other. */
export interface MemoryLink {
  /** The end that listens. */
  readonly left: Transport<MemoryFeatures>;
  /** The end that connects to `left`. */
  readonly right: Transport<MemoryFeatures>;
  /** One more that connects to `left`. */
  another(): Transport<MemoryFeatures>;
  /** Breaks every connection, and refuses new ones until {@link heal}. What is on its way is lost. */
  sever(): void;
  /** Lets new connections be made again. */
  heal(): void;
}

/**
 * A link inside one program: the reference for the conformance suite, and what simulations run over.
 * Bytes travel in turns of the `Env` each side is opened with, so under a virtual clock every run of
 * a seed is the same.
 * @throws BUS_OPTION_INVALID where `bufferBytes` or `maxSendBytes` is no whole number of at least 1.
 * @example
 * ```ts
 * const { left, right } = memoryTransport();
 * const env = virtualEnv({ seed: 1 });
 * const one = createBus({ id: 'one', env }).use(pubsub(), defineTransport(left));
 * const two = createBus({ id: 'two', env }).use(pubsub(), defineTransport(right));
 * ```
 */
export function memoryTransport(options: MemoryOptions = {}): MemoryLink {
  checkOptions('memoryTransport', options, ['framing', 'bufferBytes', 'maxSendBytes']);
  const { framing = 'stream', bufferBytes = 65_536, maxSendBytes } = options;
  for (const [option, value] of Object.entries({ bufferBytes, maxSendBytes })) {
    if (value === undefined || (Number.isInteger(value) && value > 0)) continue;
    throw optionInvalid(option, value, 'a whole number of bytes, at least 1');
  }
  oneOf(['stream', 'message'], 'framing', framing);
  const place = new Place({ framing, bufferBytes, maxSendBytes });
  let connectors = 0;
  const another = (): Transport<MemoryFeatures> => new MemoryConnector(place, ++connectors);
  return {
    left: new MemoryListener(place),
    right: another(),
    another,
    sever: () => place.sever(),
    heal: () => place.heal(),
  };
}

/** Where the two sides meet. */
class Place {
  readonly settings: MemorySettings;
  readonly features: MemoryFeatures;
  /** Whoever listens at present. */
  listener: TransportHost | undefined;
  readonly #ends = new Set<MemoryEnd>();
  #severed = false;

  constructor(settings: MemorySettings) {
    this.settings = settings;
    this.features = {
      framing: settings.framing,
      ordered: true,
      backpressure: true,
      reconnect: true,
      detectsClose: true,
      transfers: false,
      maxSendBytes: settings.maxSendBytes,
    };
  }

  /** Returns the connecting end. */
  connect(host: TransportHost, name: string): MemoryEnd {
    const { listener } = this;
    if (listener === undefined || this.#severed) {
      const why = this.#severed ? 'the link is severed' : 'nobody listens';
      throw new Error(`${name} cannot connect: ${why}`);
    }
    const near = this.#end('memory', host);
    const far = this.#end(name, listener);
    MemoryEnd.join(near, far);
    far.events = listener.connected(far);
    near.events = host.connected(near);
    return near;
  }

  sever(): void {
    this.#severed = true;
    this.closeAll(new Error('the link was severed'));
  }

  heal(): void {
    this.#severed = false;
  }

  closeAll(error?: unknown): void {
    for (const end of this.#ends) end.close(error);
  }

  #end(remote: string, host: TransportHost): MemoryEnd {
    const end = new MemoryEnd(remote, host.env, this.settings, () => this.#ends.delete(end));
    this.#ends.add(end);
    return end;
  }
}

class MemoryListener implements Transport<MemoryFeatures> {
  readonly name = 'memory';
  readonly address = 'memory';
  readonly role = 'listen';
  readonly features: MemoryFeatures;
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
    this.features = place.features;
  }

  async open(host: TransportHost, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#place.listener !== undefined) throw new Error('memory already listens');
    this.#place.listener = host;
  }

  async close(): Promise<void> {
    const env = this.#place.listener?.env;
    this.#place.listener = undefined;
    this.#place.closeAll();
    // The turn in which `closed` is told of.
    if (env !== undefined) await turn(env);
  }
}

class MemoryConnector implements Transport<MemoryFeatures> {
  readonly name = 'memory';
  readonly address = 'memory';
  readonly role = 'connect';
  readonly features: MemoryFeatures;
  readonly #place: Place;
  readonly #label: string;
  #open: { readonly env: Env; end: MemoryEnd | undefined } | undefined;

  constructor(place: Place, number: number) {
    this.#place = place;
    this.#label = `memory ${number}`;
    this.features = place.features;
  }

  async open(host: TransportHost, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const session = { env: host.env, end: undefined as MemoryEnd | undefined };
    this.#open = session;
    await turn(host.env);
    signal.throwIfAborted();
    if (this.#open !== session) throw new Error(`${this.#label} was closed while it connected`);
    session.end = this.#place.connect(host, this.#label);
  }

  async close(): Promise<void> {
    const session = this.#open;
    this.#open = undefined;
    session?.end?.close();
    if (session !== undefined) await turn(session.env);
  }
}

function turn(env: Env): Promise<void> {
  return new Promise((resolve) => env.setTurn(resolve));
}
