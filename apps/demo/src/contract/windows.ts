/** How busy the workspace is. */
export type State = 'idle' | 'active' | 'overloaded';

export type Action = 'ease-sampling' | 'restore-sampling';

/** What analysis found in a batch. */
export interface ClassifiedWindow {
  readonly index: number;
  readonly events: number;
  /** CPU time used per time passed; 1 is one core. */
  readonly cpuShare: number;
  readonly loopDelayMs: number;
  readonly rssBytes: number;
  readonly hostBusyShare: number;
  readonly changes: number;
  readonly because: string;
  readonly by: string;
}

export interface AnalysisReport {
  readonly by: string;
  readonly windows: number;
  readonly states: Readonly<Record<State, number>>;
  readonly meanCpuShare: number;
}
