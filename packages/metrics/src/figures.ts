import type { Host, Measurement } from '@bus/core';
import type { MetricsSnapshot } from './api.ts';
import type { Histogram } from './histogram.ts';
import type { LoopWatch } from './loop-watch.ts';
import type { Memory } from './memory.ts';
import { memoryInUse } from './memory.ts';
import type { Recorder } from './recorder.ts';
import type { Series } from './series.ts';
import type { SeriesTable } from './series-table.ts';
import type { Tally } from './tally.ts';

/** All there is to show at one moment, for whoever puts it into a form. */
export interface Figures {
  readonly busId: string;
  readonly outcomes: Tally;
  readonly dropped: ReadonlyMap<string, number>;
  readonly series: readonly Series[];
  readonly measurements: readonly Measurement[];
  readonly lagMs: number;
  readonly lateness: Histogram;
  readonly memory: Memory | undefined;
}

/** Reads all figures. Nothing of this happens before somebody asks. */
export function figuresOf(
  host: Host,
  table: SeriesTable,
  recorder: Recorder,
  loop: LoopWatch,
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

/** The figures as plain JSON. @param worstMs - how late the loop was at worst. */
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
