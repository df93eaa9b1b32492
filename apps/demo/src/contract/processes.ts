import type { OutcomeCounts } from '@bus/core';
import type { Reliability } from './deliveries.ts';
import type { SubjectState } from './health.ts';

/** A process of the program, or a thread with a bus of its own. */
export interface ProcessReport {
  /** The id of its bus. */
  readonly id: string;
  readonly pid: number;
  readonly runs: 'main' | 'process' | 'thread';
  readonly modules: readonly string[];
  readonly outcomes: OutcomeCounts;
}

/** The same as it tells itself. */
export interface ProcessNews extends ProcessReport {
  readonly health: readonly SubjectState[];
  readonly reliability: Reliability;
}

/** The newest report of a process; `silent` when it did not answer the last time, `lost` for good. */
export interface ProcessState extends ProcessNews {
  readonly state: 'up' | 'silent' | 'lost';
}

/** A link of the hub. */
export interface LinkState {
  readonly peer: string;
  readonly transport: string;
  readonly state: string;
  /** Messages, replies not counted. */
  readonly sent: number;
  readonly received: number;
  readonly bytes: number;
}
