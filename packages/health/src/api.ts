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
  readonly kind: 'peer' | 'endpoint';
  readonly id: string;
}

/** The payload of `$bus.health.changed`. The endpoints of a peer change with it, untold. */
export interface HealthChanged {
  readonly subject: HealthSubject;
  readonly from: HealthState;
  readonly to: HealthState;
  /** For people. */
  readonly reason: string;
}

/** When an endpoint counts as broken. */
export interface BreakerOptions {
  /** Failures in a row that open it; default 5. `Infinity` leaves it to the ratio. */
  readonly failures?: number | undefined;
  /** Fewest outcomes within the window before their ratio counts; default 10. */
  readonly minimum?: number | undefined;
  /** Share of failures within the window that opens it, above 0 and at most 1; default 0.5. */
  readonly ratio?: number | undefined;
  /** How far back the ratio looks: at least half of this, at most all; default 10,000 ms. */
  readonly windowMs?: number | undefined;
  /** How long it stays open before it is tried again; default 5,000 ms. */
  readonly openMs?: number | undefined;
  /** How many messages try it at once; default 1. As many successes close it. */
  readonly probes?: number | undefined;
}

/** What `health` takes; every field may be left out. */
export interface HealthOptions {
  /** Silence of a local peer after which a sign of life is asked for; default 20 ms. */
  readonly intervalMs?: number | undefined;
  /** Silence after which a local peer is suspect, above `intervalMs`; default 60 ms. */
  readonly suspectMs?: number | undefined;
  /** Silence after which the link to a local peer is closed, above `suspectMs`; default 1,000 ms. */
  readonly downMs?: number | undefined;
  /** False for none: then only peers count. */
  readonly breaker?: BreakerOptions | false | undefined;
  /** A handler that runs longer, or keeps the event loop from running that long, is named; default 50 ms. */
  readonly slowHandlerMs?: number | undefined;
}

/** How a handler stands in for others. */
export interface FallbackOptions extends Omit<HandleOptions, 'priority'> {
  /**
   * Gets a request only where no other handler of the topic is there and healthy: it ranks below
   * every priority. It gets no notifications.
   */
  readonly fallback: boolean;
}

/** One subject as `check` and `of` report it. */
export interface SubjectHealth extends HealthSubject {
  /** An endpoint's own name, or a peer's id. */
  readonly name: string | undefined;
  readonly state: HealthState;
  /** Why it is in this state; undefined where it has never been in another. */
  readonly reason: string | undefined;
  /** Milliseconds since it came into this state, or since the bus started. */
  readonly sinceMs: number;
}

/** A peer as `check` reports it. */
export interface PeerHealth extends SubjectHealth {
  readonly transport: string;
  /** The last round trip measured, in milliseconds. */
  readonly roundTripMs: number | undefined;
}

/** Who kept a thread, or a caller, waiting. */
export interface SlowRun {
  readonly endpoint: string;
  readonly name: string | undefined;
  readonly pattern: string;
  /** The plugin that added the endpoint, such as `@bus/pubsub`. */
  readonly plugin: string;
  /** How long it ran; where it is not certain, how late the event loop was. */
  readonly durationMs: number;
  /** Its run was timed. False where it only ran while the event loop was held up. */
  readonly certain: boolean;
  /** Milliseconds ago. */
  readonly agoMs: number;
}

/** How late the event loop is, in milliseconds; seen while there are messages or peers. */
export interface LoopHealth {
  readonly lagMs: number;
  /** At worst within the last minute. */
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
  readonly loop: LoopHealth;
  /** Those linked, and for a minute those lost, at most 100 of them. */
  readonly peers: readonly PeerHealth[];
  /** Those that are not healthy. */
  readonly endpoints: readonly SubjectHealth[];
  /** One run of each endpoint, the newest last; at most 32. */
  readonly slow: readonly SlowRun[];
}

/** What `bus.inspect()` says of the plugin. */
export interface HealthInspection {
  readonly status: HealthReport['status'];
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

/** What the plugin adds to the bus. */
export interface HealthApi<C, S> {
  readonly health: {
    check(): HealthReport;
    /**
     * The state of a peer by its bus id, or of an endpoint by its id, view or subscription. Undefined
     * for what is not there, and for a subscription that is iterated over: give its endpoint's id.
     */
    of(subject: string | EndpointView | Subscription): SubjectHealth | undefined;
    /**
     * Asks a peer for a sign of life; resolves to the round trip in milliseconds. `timeoutMs` is 1,000
     * by default.
     * @throws HEALTH_ENDPOINT_UNHEALTHY where there is no such peer, or none came in time.
     */
    ping(peer: string, options?: { readonly timeoutMs?: number | undefined }): Promise<number>;
  };
  /**
   * Adds a handler that stands in where no healthy one is left.
   * @throws BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, BUS_OPTION_INVALID, BUS_CLOSED
   */
  handle<const I extends PatternOf<S, C>>(
    pattern: CheckedPattern<S, C, I>,
    handler: (
      message: MessageOf<C, MatchedTopic<S, C, I>>,
    ) => HandlerResult<C, MatchedTopic<S, C, I>>,
    options: FallbackOptions,
  ): Subscription;
}
