import type { BusError, BusMessage, Endpoint, Message, Outcome } from '@bus/core';
import type { Series } from './series.ts';
import type { SeriesTable } from './series-table.ts';
import { Tally } from './tally.ts';

/** Reasons beyond these count as `other`. */
const mostReasons = 64;

/** Told of each run that was timed. */
export type RunObserver = (series: Series, outcome: Outcome, durationMs: number) => void;

/** Counts outcomes: of a run that nobody times, by one look-up and one addition. */
export class Recorder {
  readonly #table: SeriesTable;
  /** Of messages that reached no endpoint. */
  readonly unrouted: Tally = new Tally();
  readonly droppedBy: Map<string, number> = new Map();
  runObserver: RunObserver | undefined = undefined;

  constructor(table: SeriesTable) {
    this.#table = table;
  }

  /** The tap of the hook `outcome`. */
  readonly observe = (
    message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    startedAt: number,
    durationMs: number,
    _error: BusError | undefined,
    reason: string | undefined,
  ): undefined => {
    if (outcome === 'handled' && endpoint !== undefined) this.#table.handled(endpoint);
    else this.#rarer(endpoint, outcome, reason);
    // False for NaN: the run was not timed.
    if (durationMs >= 0) this.#timed(message, endpoint, outcome, startedAt, durationMs);
  };

  /** Of the whole bus: what reached no endpoint and what endpoints that are no more did included. */
  totals(): Tally {
    const totals = new Tally();
    totals.add(this.unrouted);
    totals.add(this.#table.gone);
    for (const series of this.#table.all()) totals.add(series.outcomes);
    return totals;
  }

  #rarer(endpoint: Endpoint | undefined, outcome: Outcome, reason: string | undefined): void {
    const tally = endpoint === undefined ? this.unrouted : this.#table.of(endpoint).outcomes;
    tally.count(outcome);
    if (outcome === 'dropped') this.#dropped(endpoint, reason ?? 'unknown');
  }

  #timed(
    message: Message,
    endpoint: Endpoint | undefined,
    outcome: Outcome,
    startedAt: number,
    durationMs: number,
  ): void {
    if (endpoint === undefined) return;
    const series = this.#table.of(endpoint);
    const { sentAt } = message as BusMessage;
    series.duration.record(durationMs);
    series.latency.record(Math.max(0, startedAt + durationMs - sentAt));
    if (durationMs > series.slowestMs) series.slowestMs = durationMs;
    this.runObserver?.(series, outcome, durationMs);
  }

  #dropped(endpoint: Endpoint | undefined, reason: string): void {
    const { droppedBy } = this;
    const known = droppedBy.has(reason) || droppedBy.size < mostReasons;
    const why = known ? reason : 'other';
    droppedBy.set(why, (droppedBy.get(why) ?? 0) + 1);
    if (endpoint !== undefined) this.#table.of(endpoint).lost++;
  }
}
