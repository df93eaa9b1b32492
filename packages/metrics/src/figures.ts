import type { Host, Measurement } from '@bus/core';
import type { MetricsSnapshot } from './api.ts';
import type { Histogram } from './histogram.ts';
import type { LoopLag } from './loop-lag.ts';
import type { Memory } from './memory.ts';
import { memoryInUse } from './memory.ts';
import type { Recorder } from './recorder.ts';
import type { Series } from './series.ts';
import type { SeriesTable } from './series-table.ts';
import type { Tally } from './tally.ts';

/** All there is to show at one moment, for whoever puts it into a form. */
export interface Figures {
  readonly busId: string;
  /** Of the whole bus. */
  readonly outcomes: Tally;
  /** By reason. */
  readonly dropped: ReadonlyMap<string, number>;
  readonly series: readonly Series[];
  /** What other plugins measure. */
  readonly measurements: readonly Measurement[];
  /** How late the event loop is now. */
  readonly lagMs: number;
  /** How late it was at each look. */
  readonly lateness: Histogram;
  readonly memory: Memory | undefined;
}

/** Reads all figures. Nothing of this happens before somebody asks. */
export function figuresOf(
  host: Host,
  table: SeriesTable,
  recorder: Recorder,
  loop: LoopLag,
): Figures {
  table.refresh(host.endpoints(), host.env.now());
  return {
    busId: host.busId,
    outcomes: recorder.totals(),
    dropped: recorder.droppedBy,
    series: table.all(),
    measurements: host.measurements(),
    lagMs: loop.lagMs,
    lateness: loop.lateness,
    memory: memoryInUse(),
  };
}

/**
 * The figures as plain JSON.
 * @param worstMs - how late the loop was at worst since the last snapshot
 */
export function snapshotOf(figures: Figures, worstMs: number): MetricsSnapshot {
  const { busId, outcomes, dropped, series, measurements, lagMs, memory } = figures;
  return {
    bus: busId,
    outcomes: { ...outcomes },
    dropped: Object.fromEntries(dropped),
    endpoints: series.map(({ labels, outcomes: own, duration, latency, presence }) => ({
      name: labels.name,
      pattern: labels.pattern,
      kind: labels.kind,
      bus: labels.bus,
      endpoints: presence.endpoints,
      outcomes: Object.fromEntries(own.counted()),
      duration: duration.summary(),
      latency: latency.summary(),
      queued: presence.queued,
      queuedAge: presence.queuedAge,
      running: presence.running,
    })),
    measurements,
    loop: { lag: lagMs / 1000, worst: worstMs / 1000 },
    memory,
  };
}
