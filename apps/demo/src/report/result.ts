import type { OutcomeCounts } from '@bus/core';
import type { Stopped, WorkspaceBus } from '../assembly.ts';
import type { Latency, RawTopic } from '../contract.ts';
import type { Finding } from '../showcase/finding.ts';
import type { Board } from './board.ts';
import { sumOf } from './format.ts';

/** What a run comes to. Its public fields are what `--json` prints. */
export interface Result {
  readonly balanced: boolean;
  readonly outcomes: OutcomeCounts;
  readonly latencyMs: Latency;
  /** Raw events a second, over the whole run. */
  readonly ratePerSecond: number;
  readonly processes: readonly { id: string; pid: number; outcomes: OutcomeCounts }[];
  readonly seconds: number;
  readonly endedBy: string;
  /** Messages by kind; each has one outcome for every target. */
  readonly sent: {
    readonly event: number;
    readonly notification: number;
    readonly request: number;
  };
  readonly rawEvents: number;
  readonly rawPerTopic: Partial<Record<RawTopic, number>>;
  /** How often each state was entered. */
  readonly states: Board['states'];
  readonly stopped: Stopped;
  /** Warnings that the bus logged, at most one a second for each code. */
  readonly warnings: number;
  readonly features: readonly Finding[];
}

const none: Latency = { p50: 0, p95: 0, p99: 0, max: 0 };

/** Gathers the figures once the bus has stopped. */
export function resultOf(run: {
  readonly bus: WorkspaceBus;
  readonly board: Board;
  readonly features: readonly Finding[];
  readonly stopped: Stopped;
  readonly ranMs: number;
  readonly endedBy: string;
  readonly warnings: number;
}): Result {
  const { bus, board, features, stopped, ranMs, endedBy, warnings } = run;
  const { outcomes } = bus.inspect();
  const { event, notification, request } = bus.sent();
  const { rawEvents = 0, latencyMs = none, perTopic = {} } = board.figures ?? {};
  return {
    balanced: outcomes.accepted === sumOf(outcomes.ended) + outcomes.inFlight,
    outcomes,
    latencyMs,
    ratePerSecond: rawEvents / (ranMs / 1000),
    processes: [{ id: bus.id, pid: process.pid, outcomes }],
    seconds: ranMs / 1000,
    endedBy,
    sent: { event, notification, request },
    rawEvents,
    rawPerTopic: perTopic,
    states: board.states,
    stopped,
    warnings,
    features,
  };
}
