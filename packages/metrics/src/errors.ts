import type { BusError } from '@bus/core';
import { busError } from '@bus/core';

/** The codes this plugin adds, with what each says in `details`. */
export interface MetricsErrorCodes {
  /** A bundle for browsers has no prom-client. */
  METRICS_PROMETHEUS_UNAVAILABLE: {
    /** The package that is missing. */
    readonly dependency: string;
  };
}

// In the public types by way of the interface above: a bundler of types drops what nothing refers to.
declare module '@bus/core' {
  interface BusErrorCodes extends MetricsErrorCodes {}
}

/** The text format was asked for where prom-client is not. */
export function unavailable(): BusError {
  return busError(
    'METRICS_PROMETHEUS_UNAVAILABLE',
    'the text format of Prometheus needs prom-client, which bundles for browsers leave out: use bus.metrics.snapshot(), or a meter of OpenTelemetry',
    { dependency: 'prom-client' },
  );
}
