import type { Measurement, Outcome } from '@bus/core';
import type { Meter } from '@opentelemetry/api';

/**
 * Times in seconds. Quantiles are by nearest rank, and within 5 % of the exact ones for times from 1 µs
 * to 100 s; `count`, `sum` and `max` are exact. All are 0 before anything was timed.
 */
export interface LatencySummary {
  /** How many were timed. */
  readonly count: number;
  /** All of them together. */
  readonly sum: number;
  /** What half of them took at most: the median. */
  readonly p50: number;
  /** What 95 % of them took at most. */
  readonly p95: number;
  /** What 99 % of them took at most. */
  readonly p99: number;
  /** The longest. */
  readonly max: number;
}

/**
 * What the endpoints of one pattern, name and bus have done together, those that have gone included.
 * There are never more of these than `series` and one, `other`, for all the rest.
 */
export interface EndpointMetrics {
  /** Their own name, where they have one. */
  readonly name: string | undefined;
  /** The topic template: their pattern. */
  readonly pattern: string;
  /** `remote`: they live on a bus beyond a link. */
  readonly kind: 'local' | 'remote';
  /** The bus they live on. */
  readonly bus: string;
  /** How many there are now. */
  readonly endpoints: number;
  /** How messages ended there; only outcomes that have happened. */
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  /** How long the handler ran, or the peer took that was asked; runs that return at once are sampled. */
  readonly duration: LatencySummary;
  /** From send, or arrival by a link, to outcome; to the millisecond, and sampled likewise. */
  readonly latency: LatencySummary;
  /** Messages that wait now. */
  readonly queued: number;
  /** Seconds since the oldest of them was sent; 0 where none waits. */
  readonly queuedAge: number;
  /** Handlers that have returned a promise and not settled. */
  readonly running: number;
}

/** What `bus.metrics.snapshot()` returns: plain JSON. */
export interface MetricsSnapshot {
  /** The id of the bus. */
  readonly bus: string;
  /** Of the whole bus, messages that reached no endpoint included. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** By reason; the sum is that of the outcome `dropped`. */
  readonly dropped: Readonly<Record<string, number>>;
  /** One for each series, also where nobody is left that counts in it; `other` only where it is used. */
  readonly endpoints: readonly EndpointMetrics[];
  /** What other plugins measure: retries, dead letters, breakers, links. */
  readonly measurements: readonly Measurement[];
  /** Seconds the event loop was late: now, and at worst since the last snapshot. */
  readonly loop: { readonly lag: number; readonly worst: number };
  /** Bytes, where the platform says. */
  readonly memory: { readonly rss: number; readonly heapUsed: number } | undefined;
}

/**
 * Above these, `$bus.alert` is emitted: once when it begins, and again only after it was over. What
 * an interval is, `alerts.intervalMs` says. Infinity switches a rule off.
 */
export interface AlertRules {
  /**
   * Milliseconds that a run of a handler took, of those that were timed and ended within the interval;
   * default off.
   */
  readonly slowHandlerMs?: number | undefined;
  /** Share of a mailbox's `capacity` that is taken, from 0 to 1; default 0.8. */
  readonly queueShare?: number | undefined;
  /** Messages within an interval that a mailbox dropped, or an endpoint that went; default 0: any. */
  readonly lost?: number | undefined;
  /** Share of failures within an interval, from 0 to 1, of at least 10 outcomes; default 0.5. */
  readonly errorRatio?: number | undefined;
  /** Milliseconds that the event loop was late, at worst within an interval; default 200. */
  readonly loopLagMs?: number | undefined;
}

/** What `metrics` takes. */
export interface MetricsOptions {
  /** `every` times each run, at two readings of a clock; default `sampled`. */
  readonly timing?: 'sampled' | 'every' | undefined;
  /**
   * How many patterns, names and buses are told apart, at least 1; default 1,000. Endpoints of more
   * share one series, `other`.
   */
  readonly series?: number | undefined;
  /**
   * Limits, and `intervalMs`: the milliseconds from one check of them to the next, at least 1, default
   * 1,000. False for no alerts.
   */
  readonly alerts?: (AlertRules & { readonly intervalMs?: number | undefined }) | false | undefined;
  /** A meter of OpenTelemetry, to export by: `metrics.getMeter('bus')` once its SDK has started. */
  readonly meter?: Meter | undefined;
}

/** The payload of `$bus.alert`. */
export interface Alert {
  /** Whose limit was passed. */
  readonly rule: keyof AlertRules;
  /** What was found, in the unit of the limit. */
  readonly value: number;
  /** What the rule allows. */
  readonly limit: number;
  /** Whom it is about: endpoints by name, else by pattern; the bus by its id. */
  readonly subject: string;
}

/** What `metrics` adds to the bus. */
export interface MetricsApi {
  /** The figures of this bus. */
  readonly metrics: {
    /** All figures as they are now; the worst lag of the loop begins anew with it. */
    snapshot(): MetricsSnapshot;
    /**
     * The text format of Prometheus, version 0.0.4. Nothing is collected, and prom-client is not
     * loaded, before it is asked for.
     * @throws METRICS_PROMETHEUS_UNAVAILABLE in bundles for browsers, which leave prom-client out
     */
    prometheus(): Promise<string>;
  };
}
