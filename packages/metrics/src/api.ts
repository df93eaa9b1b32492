import type { Measurement, Outcome } from '@bus/core';
import type { Meter } from '@opentelemetry/api';

/**
 * Times in seconds. Quantiles are within 5 % of the exact ones for times from 1 µs to 100 s; `count`,
 * `sum` and `max` are exact.
 */
export interface LatencySummary {
  readonly count: number;
  readonly sum: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * What the endpoints of one pattern, name and bus have done together, those that have gone included.
 * There are never more of these than `series` and one, `other`, for all the rest.
 */
export interface EndpointMetrics {
  readonly name: string | undefined;
  /** The topic template: their pattern. */
  readonly pattern: string;
  readonly kind: 'local' | 'remote';
  /** The bus they live on. */
  readonly bus: string;
  /** How many there are now. */
  readonly endpoints: number;
  /** Those that have happened. */
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  /** How long the handler ran, or the peer took that was asked; runs that return at once are sampled. */
  readonly duration: LatencySummary;
  /** From send, or arrival by a link, to outcome; to the millisecond, and sampled likewise. */
  readonly latency: LatencySummary;
  /** Messages that wait. */
  readonly queued: number;
  /** Seconds since the oldest of them was sent. */
  readonly queuedAge: number;
  /** Handlers that have returned a promise and not settled. */
  readonly running: number;
}

/** What `bus.metrics.snapshot()` returns: plain JSON. */
export interface MetricsSnapshot {
  readonly bus: string;
  /** Of the whole bus, messages that reached no endpoint included. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** By reason; the sum is that of the outcome `dropped`. */
  readonly dropped: Readonly<Record<string, number>>;
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
  /** A handler's run that ended within the interval and was timed, in ms; off unless given. */
  readonly slowHandlerMs?: number | undefined;
  /** Share of a mailbox that is taken; default 0.8. */
  readonly queueShare?: number | undefined;
  /** Messages within an interval that a mailbox dropped, or an endpoint that went; default 0: any. */
  readonly lost?: number | undefined;
  /** Share of failures within an interval, of at least 10 outcomes; default 0.5. */
  readonly errorRatio?: number | undefined;
  /** Lateness of the event loop, in ms; default 200. */
  readonly loopLagMs?: number | undefined;
}

/** What `metrics` takes. */
export interface MetricsOptions {
  /** `every` times each run, at two readings of a clock; default `sampled`. */
  readonly timing?: 'sampled' | 'every' | undefined;
  /** Endpoints of other patterns, names and buses than these share one series, `other`; default 1,000. */
  readonly series?: number | undefined;
  /** How often alerts are checked; default 1,000 ms. False for no alerts. */
  readonly alerts?: (AlertRules & { readonly intervalMs?: number | undefined }) | false | undefined;
  /** A meter of OpenTelemetry, to export by: `metrics.getMeter('bus')` once its SDK has started. */
  readonly meter?: Meter | undefined;
}

/** The payload of `$bus.alert`. */
export interface Alert {
  readonly rule: keyof AlertRules;
  /** In the unit of its limit. */
  readonly value: number;
  readonly limit: number;
  /** Whom it is about: endpoints by name, else by pattern; the bus by its id. */
  readonly subject: string;
}

/** What the plugin adds to the bus. */
export interface MetricsApi {
  readonly metrics: {
    /** All figures as they are now. */
    snapshot(): MetricsSnapshot;
    /**
     * The text format of Prometheus, version 0.0.4. Nothing is collected, and prom-client is not
     * loaded, before it is asked for.
     * @throws METRICS_PROMETHEUS_UNAVAILABLE in browsers.
     */
    prometheus(): Promise<string>;
  };
}
