import type { RawTopic } from './readings.ts';

/** From publish to the handler, through all links between them. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What the meter saw; rates are of the time since the figures before. */
export interface Figures {
  readonly rawEvents: number;
  readonly rawPerSecond: number;
  readonly perTopic: Readonly<Record<RawTopic, number>>;
  /** Over the whole run. */
  readonly latencyMs: Latency;
  /** Since the figures before. */
  readonly recentLatencyMs: Latency;
}

/** What the workload has done so far. */
export interface Work {
  readonly files: number;
  readonly bytes: number;
  readonly workedMs: number;
}
