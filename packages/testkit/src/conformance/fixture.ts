import type { Env } from '@bus/core';
import type { Transport, TransportFeatures, TransportPlugin } from '@bus/wire';
import type { TestRunner } from '../runner.ts';

/** A transport, or the plugin made of it, whose options the bus pair then runs with. */
export type TransportEnd<F extends TransportFeatures = TransportFeatures> =
  | Transport<F>
  | TransportPlugin<F>;

interface FixtureBase<F extends TransportFeatures> {
  /** One end of a fresh link that has not been opened. Where one end listens, it may be either. */
  readonly left: TransportEnd<F>;
  /** The other end. */
  readonly right: TransportEnd<F>;
  /** One more end that connects to the one that listens; needed where one does. */
  another?(): TransportEnd<F> | Promise<TransportEnd<F>>;
  /** Where the link runs in simulation: its clock, which the kit moves on if it is a `VirtualEnv`. */
  readonly env?: Env | undefined;
  /** Removes sockets, processes and temporary files; called after every case, also failed ones. */
  dispose(): void | Promise<void>;
}

interface Breakable {
  /** Cuts the link the hard way: destroys the socket, kills the process. */
  sever(): void | Promise<void>;
  /** Afterwards the end that connects can be opened again. */
  heal(): void | Promise<void>;
}

/** What `create` returns. A transport that says it reconnects must give the kit a way to break it. */
export type Fixture<F extends TransportFeatures = TransportFeatures> = FixtureBase<F> &
  (F['reconnect'] extends true ? Breakable : Partial<Breakable>);

/** A case that fails for a reason known and tracked. It must fail: once it passes, the run fails. */
export interface KnownFailure {
  /** The title of the case, without the suite's name. */
  readonly test: string;
  /** Why it fails. */
  readonly reason: string;
  /** Where that is tracked. */
  readonly issue: string;
}

/** What {@link transportConformance} takes. */
export interface ConformanceOptions<F extends TransportFeatures = TransportFeatures> {
  /** Stands before every title, and in the report. */
  readonly name: string;
  /** Where the tests are registered. */
  readonly runner: TestRunner;
  /** Makes a fresh link. Called once to read the manifest, then for every case, some of which take many. */
  create(): Fixture<F> | Promise<Fixture<F>>;
  /** Cases that must fail, for reasons that are tracked; default none. */
  readonly knownFailures?: readonly KnownFailure[] | undefined;
  /**
   * How many milliseconds one case may take, without `create` and `dispose`; default 4,000. Let the
   * framework allow more, so that the message is the suite's.
   */
  readonly timeoutMs?: number | undefined;
  /** Gets the report, line by line, from the last test; default the console. */
  readonly print?: ((line: string) => void) | undefined;
}

/** The transport of an end, however it was given. */
export function transportOf(end: TransportEnd): Transport {
  return 'transport' in end ? end.transport : end;
}
