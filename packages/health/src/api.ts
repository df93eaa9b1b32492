import type {
  CheckedPattern,
  EndpointView,
  HandleOptions,
  HandlerResult,
  MatchedTopic,
  MessageOf,
  PatternOf,
  Subscription,
} from '@bus/core';

/**
 * `suspect`: a peer that is silent for longer than it should be; it may turn out well. `down`: a lost
 * peer, or an endpoint that keeps failing. `recovering`: it is being tried.
 */
export type HealthState = 'healthy' | 'suspect' | 'down' | 'recovering';

/** What has a state: the bus at the other end of a link, or an endpoint, by id. */
export interface HealthSubject {
  /** Which of the two it is. */
  readonly kind: 'peer' | 'endpoint';
  /** The id of a peer's bus, or of an endpoint. */
  readonly id: string;
}

/** The payload of `$bus.health.changed`. The endpoints of a peer change with it, untold. */
export interface HealthChanged {
  /** Whose state it is. */
  readonly subject: HealthSubject;
  /** The state before. */
  readonly from: HealthState;
  /** The state from now on. */
  readonly to: HealthState;
  /** Why, in words for people: never branch on it. */
  readonly reason: string;
}

/**
 * When an endpoint counts as broken, and how it is tried again: a circuit breaker (Nygard, "Release
 * It!", 2007) for each.
 */
export interface BreakerOptions {
  /** Failures in a row that open it, at least 1; default 5. `Infinity` leaves it to the ratio. */
  readonly failures?: number | undefined;
  /** Fewest outcomes within the window before their ratio counts, at least 1; default 10. */
  readonly minimum?: number | undefined;
  /** Share of failures within the window that opens it, above 0 and at most 1; default 0.5. */
  readonly ratio?: number | undefined;
  /** The ratio looks back this many milliseconds, or down to half of them; at least 1, default 10,000. */
  readonly windowMs?: number | undefined;
  /** Milliseconds it stays open before it is tried again, at least 1; default 5,000. */
  readonly openMs?: number | undefined;
  /** How many messages try it at once, at least 1; default 1. As many successes close it. */
  readonly probes?: number | undefined;
}

/** What `health` takes; every field may be left out. */
export interface HealthOptions {
  /**
   * Milliseconds of silence of a local peer that owes an answer after which a sign of life is asked for,
   * at least 1; default 20. The four of these are for peers on this machine whose transport was given no
   * `heartbeat`.
   */
  readonly intervalMs?: number | undefined;
  /** The same for a peer that owes nothing, at least `intervalMs`; default 1,000. */
  readonly idleMs?: number | undefined;
  /**
   * Milliseconds of silence after which a local peer is suspect, above `intervalMs`; default 60. They
   * count from `intervalMs` before it was asked for a sign of life.
   */
  readonly suspectMs?: number | undefined;
  /** As many after which the link to it is closed, above `suspectMs`; default 1,000. */
  readonly downMs?: number | undefined;
  /** The breaker of each endpoint; false for none: then only peers count. */
  readonly breaker?: BreakerOptions | false | undefined;
  /**
   * A handler that runs for more milliseconds, or keeps the event loop from running that long, is named
   * in the report; at least 1, default 50.
   */
  readonly slowHandlerMs?: number | undefined;
}

/** The option that every send takes where health is installed. */
export interface IdempotentOption {
  /**
   * A request that may be handled twice without harm: where its peer is lost before it has answered,
   * it is asked again, elsewhere if it can be. Default false.
   */
  readonly idempotent?: boolean | undefined;
}

// In the public types by way of the interface above: a bundler of types drops what nothing refers to.
declare module '@bus/core' {
  interface SendOptions extends IdempotentOption {}
}

/** Options of a handler that may stand in for others. */
export interface FallbackOptions extends Omit<HandleOptions, 'priority'> {
  /**
   * Gets a request only where no other handler of the topic is there and healthy: it ranks below
   * every priority. It gets no notifications. False for a handler like any other.
   */
  readonly fallback: boolean;
}

/** One subject as `check` and `of` report it. */
export interface SubjectHealth extends HealthSubject {
  /** An endpoint's own name, or a peer's id. */
  readonly name: string | undefined;
  /** An endpoint at a peer that is not healthy has the state of the peer. */
  readonly state: HealthState;
  /** Why it is in this state, for people; undefined where it has never been in another. */
  readonly reason: string | undefined;
  /** Milliseconds since it came into this state, or since the bus started. */
  readonly sinceMs: number;
}

/** A peer as `check` reports it. */
export interface PeerHealth extends SubjectHealth {
  /** What carries the link to it, such as `ipc`. */
  readonly transport: string;
  /** The last round trip measured, in milliseconds; undefined before the first. */
  readonly roundTripMs: number | undefined;
}

/** Who kept a thread, or a caller, waiting. */
export interface SlowRun {
  /** The endpoint's id. */
  readonly endpoint: string;
  /** The endpoint's own name. */
  readonly name: string | undefined;
  /** What the endpoint is for. */
  readonly pattern: string;
  /** The plugin that added the endpoint, such as `@bus/pubsub`. */
  readonly plugin: string;
  /** How long it ran, in milliseconds; where it is not certain, how late the event loop was. */
  readonly durationMs: number;
  /** Its run was timed. False where it only ran while the event loop was held up. */
  readonly certain: boolean;
  /** How many milliseconds ago it ended, was given up, or was found to hold the event loop up. */
  readonly agoMs: number;
}

/**
 * How late the event loop is, by a timer that runs while there are messages, and once a second while
 * there are only peers.
 */
export interface LoopHealth {
  /** At the last look, or now where the next look is overdue; milliseconds. */
  readonly lagMs: number;
  /** At worst within the last minute, milliseconds. */
  readonly worstMs: number;
}

/** What `bus.health.check()` returns: plain JSON, fit for a readiness probe. */
export interface HealthReport {
  /**
   * `degraded`: something is not healthy, but every handler that gets no requests for it has a healthy
   * equal or stand-in. `down`: one has none.
   */
  readonly status: 'healthy' | 'degraded' | 'down';
  /** Fit for work: started, not stopping, and not `down`. */
  readonly ready: boolean;
  /** How late the event loop is, and was. */
  readonly loop: LoopHealth;
  /** Those linked, and for a minute those lost, at most 100 of them. */
  readonly peers: readonly PeerHealth[];
  /** Those endpoints that are not healthy. */
  readonly endpoints: readonly SubjectHealth[];
  /** One run of each endpoint, the newest last; at most 32. */
  readonly slow: readonly SlowRun[];
}

/** What `bus.inspect().plugins['@bus/health']` says; counts are since the bus was made. */
export interface HealthInspection {
  /** As in the report. */
  readonly status: HealthReport['status'];
  /** As in the report. */
  readonly loop: LoopHealth;
  /** Endpoints by the state of their breakers; the others' are closed. */
  readonly breakers: { readonly open: number; readonly halfOpen: number };
  /** How often breakers opened. */
  readonly opened: number;
  /** Messages that passed an unhealthy endpoint by. */
  readonly failovers: number;
  /** Requests refused since nobody healthy was left. */
  readonly refused: number;
  /** Idempotent requests asked again. */
  readonly repeated: number;
}

/** What `health` adds to the bus. */
export interface HealthApi<C, S> {
  /** How everything is. */
  readonly health: {
    /** Looks at everything now; for a readiness probe, and for people. */
    check(): HealthReport;
    /**
     * The state of a peer by its bus id, or of an endpoint by its id, view or subscription. Undefined
     * for what is not there, and for a subscription that is iterated over: give its endpoint's id.
     */
    of(subject: string | EndpointView | Subscription): SubjectHealth | undefined;
    /**
     * Asks a peer for a sign of life, and waits for it at most `timeoutMs`, at least 0; default 1,000.
     * @param peer - its bus id
     * @returns the round trip, in milliseconds
     * @throws HEALTH_ENDPOINT_UNHEALTHY where there is no such peer, or no sign came in time
     * @throws BUS_OPTION_INVALID where `timeoutMs` is no number of at least 0
     */
    ping(peer: string, options?: { readonly timeoutMs?: number | undefined }): Promise<number>;
  };
  /**
   * Adds a handler that stands in where no healthy one is left.
   * @throws BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, BUS_CLOSED
   * @throws BUS_OPTION_INVALID where an option makes no sense, or a fallback is given a priority
   */
  handle<const I extends PatternOf<S, C>>(
    pattern: CheckedPattern<S, C, I>,
    handler: (
      message: MessageOf<C, MatchedTopic<S, C, I>>,
    ) => HandlerResult<C, MatchedTopic<S, C, I>>,
    options: FallbackOptions,
  ): Subscription;
}
