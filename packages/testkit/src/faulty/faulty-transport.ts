import type { Env } from '@bus/core';
import { atLeast } from '@bus/core';
import type {
  Connection,
  ConnectionEvents,
  Transport,
  TransportFeatures,
  TransportHost,
} from '@bus/wire';
import type { Direction, FaultCounts, Faults } from './faults.ts';
import { checkFaults, newTally } from './faults.ts';
import { FaultyConnection } from './faulty-connection.ts';
import type { LaneRules } from './faulty-lane.ts';

/** What {@link faultyTransport} takes. */
export interface FaultyOptions extends Faults {
  /**
   * The direction that has the faults; default both. What is delayed on its way in cannot be
   * refused, so where memory matters, wrap both ends and delay only what goes out.
   */
  readonly only?: Direction | undefined;
  /** Decides by chance; default that of the `Env` it is opened with, which a seed governs. */
  readonly random?: (() => number) | undefined;
  /**
   * Bytes on their way out, above which `send` returns false; at least 1, default 1,048,576. Of no
   * effect on a transport that never asks for a pause.
   */
  readonly bufferBytes?: number | undefined;
}

/** A transport that does to its bytes what it is told to. */
export interface FaultyTransport<F extends TransportFeatures = TransportFeatures>
  extends Transport<F> {
  /** What has happened so far, over all connections and since it was made. */
  readonly counts: { readonly out: FaultCounts; readonly in: FaultCounts };
  /**
   * Replaces the faults, for what is sent from now on: those that are left out end.
   * @throws BUS_OPTION_INVALID where a share is no probability, or a message would be cut.
   */
  change(faults: Faults): void;
  /** Holds everything in one direction, or by default both: nothing is lost, and nothing connects meanwhile. */
  partition(direction?: Direction | 'both'): void;
  /** Ends every partition: what was held arrives. */
  heal(): void;
  /** The far ends of all connections are gone and nobody is told: what is sent is dropped. */
  halfOpen(): void;
  /** Breaks all connections; both ends are told, and what is on its way is dropped. */
  kill(): void;
}

/**
 * Puts faults in front of one end of a link; since they work in both directions, that is enough. A
 * fault that breaks what the manifest promises (loss, duplication, reorder) is there to show that
 * whoever uses the transport notices.
 * @throws BUS_OPTION_INVALID where a share is no probability, a message would be cut, or `bufferBytes`
 * is below 1.
 * @example
 * ```ts
 * const { left, right } = memoryTransport();
 * const faulty = faultyTransport(right, { delayMs: [5, 20], split: 0.3 });
 * bus.use(defineTransport(faulty));
 * faulty.partition('out'); // holds what this end sends, until faulty.heal()
 * ```
 */
export function faultyTransport<F extends TransportFeatures>(
  inner: Transport<F>,
  options: FaultyOptions = {},
): FaultyTransport<F> {
  return new WithFaults(inner, options);
}

const none: Faults = {};
/** Options beside the faults. */
const ownOptions: readonly string[] = [
  'only',
  'random',
  'bufferBytes',
] satisfies (keyof FaultyOptions)[];

class WithFaults<F extends TransportFeatures> implements FaultyTransport<F> {
  readonly name: string;
  readonly role: 'listen' | 'connect';
  readonly features: F;
  readonly counts: {
    readonly out: ReturnType<typeof newTally>;
    readonly in: ReturnType<typeof newTally>;
  } = { out: newTally(), in: newTally() };
  readonly #inner: Transport<F>;
  readonly #options: FaultyOptions;
  readonly #bufferBytes: number;
  readonly #held = new Set<Direction>();
  readonly #connections = new Set<FaultyConnection>();
  #faults: Faults;

  constructor(inner: Transport<F>, options: FaultyOptions) {
    this.#inner = inner;
    this.name = inner.name;
    this.role = inner.role;
    this.features = inner.features;
    this.#options = options;
    const bufferBytes = atLeast(1, 'bufferBytes', options.bufferBytes ?? 1_048_576);
    // A transport that never asks for a pause must not begin to.
    this.#bufferBytes = inner.features.backpressure ? bufferBytes : Number.POSITIVE_INFINITY;
    this.#faults = checkFaults(options, inner.features, ownOptions);
  }

  get address(): string {
    return this.#inner.address;
  }

  async open(host: TransportHost, signal: AbortSignal): Promise<void> {
    if (this.role === 'connect' && this.#held.size > 0) {
      throw new Error(`${this.address} cannot be reached: partitioned`);
    }
    const { env, log, busId } = host;
    await this.#inner.open(
      {
        env,
        log,
        busId,
        connected: (connection) => this.#connected(connection, host),
        failed: (error) => host.failed(error),
      },
      signal,
    );
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.abandon();
    await this.#inner.close();
  }

  change(faults: Faults): void {
    this.#faults = checkFaults(faults, this.features);
  }

  partition(direction: Direction | 'both' = 'both'): void {
    for (const each of ['out', 'in'] as const) {
      if (direction === each || direction === 'both') this.#held.add(each);
    }
  }

  heal(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const direction of held) {
      for (const connection of this.#connections) connection.resume(direction);
    }
  }

  halfOpen(): void {
    for (const connection of this.#connections) connection.vanish();
  }

  kill(): void {
    for (const connection of this.#connections) connection.close();
  }

  #connected(inner: Connection, host: TransportHost): ConnectionEvents {
    const connection: FaultyConnection = new FaultyConnection(
      inner,
      (direction) => this.#rules(direction, host.env),
      this.#bufferBytes,
      () => this.#connections.delete(connection),
    );
    this.#connections.add(connection);
    connection.events = host.connected(connection);
    return connection;
  }

  #rules(direction: Direction, env: Env): Omit<LaneRules, 'vanished'> {
    const { only } = this.#options;
    return {
      env,
      random: this.#options.random ?? (() => env.random()),
      faults: () => (only === undefined || only === direction ? this.#faults : none),
      tally: this.counts[direction],
      held: () => this.#held.has(direction),
    };
  }
}
