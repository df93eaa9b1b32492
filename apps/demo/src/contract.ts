import type { OutcomeCounts, PayloadOf } from '@bus/core';

/** How busy the workspace is. */
export type State = 'idle' | 'active' | 'overloaded';

type Empty = Readonly<Record<string, never>>;

/** When a reading was taken: see `stamp` in clock.ts. */
interface Stamped {
  readonly at: number;
}

/** CPU time of the process so far, in microseconds. */
interface CpuSample extends Stamped {
  readonly userUs: number;
  readonly systemUs: number;
}

interface MemorySample extends Stamped {
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
}

/** How late the event loop came to a timer, and which share of its time it was busy. */
interface LoopSample extends Stamped {
  readonly delayMs: number;
  readonly utilization: number;
}

/** The whole machine: the share of its CPU time that was busy, and its one-minute load. */
interface HostSample extends Stamped {
  readonly busyShare: number;
  readonly load: number;
  readonly freeBytes: number;
}

/** One file-system event below the watched folder. */
interface FileChange extends Stamped {
  readonly path: string;
  readonly change: 'rename' | 'change';
}

/** All raw events of one window of time. */
export interface Batch {
  readonly index: number;
  readonly from: number;
  readonly to: number;
  readonly cpu: readonly CpuSample[];
  readonly memory: readonly MemorySample[];
  readonly loop: readonly LoopSample[];
  readonly host: readonly HostSample[];
  readonly changes: readonly FileChange[];
}

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

interface AnalysisReport {
  readonly by: string;
  readonly windows: number;
  readonly states: Readonly<Record<State, number>>;
  readonly meanCpuShare: number;
}

export type Action = 'ease-sampling' | 'restore-sampling';

export interface ModuleHealth {
  readonly module: string;
  readonly note: string;
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

/** From publish to the handler, through all links between them. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What the workload has done so far. */
export interface Work {
  readonly files: number;
  readonly bytes: number;
  readonly workedMs: number;
}

/** A process of the program, or a thread with a bus of its own. */
export interface ProcessReport {
  /** The id of its bus. */
  readonly id: string;
  readonly pid: number;
  readonly runs: 'main' | 'process' | 'thread';
  readonly modules: readonly string[];
  readonly outcomes: OutcomeCounts;
}

/** The newest report of a process; `silent` when it did not answer the last time, `lost` for good. */
export interface ProcessState extends ProcessReport {
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

/** Everything the modules say to each other. This is all that they know of each other. */
export interface Workspace {
  /** capture → whoever cares */
  'raw.cpu.sample': { payload: CpuSample };
  'raw.memory.sample': { payload: MemorySample };
  'raw.loop.sample': { payload: LoopSample };
  'raw.host.sample': { payload: HostSample };
  'raw.fs.changed': { payload: FileChange };

  /** storage → analysis */
  'batch.stored': { payload: Batch };
  /** Streams the newest batches, oldest of them first. */
  'storage.batches': { payload: { readonly last: number }; reply: Batch };

  /** analysis → advisor */
  'window.idle': { payload: ClassifiedWindow };
  'window.active': { payload: ClassifiedWindow };
  'window.overloaded': { payload: ClassifiedWindow };
  /** Reads stored batches again; with a pause between them, so as not to press a busy program. */
  'analysis.report': {
    payload: { readonly windows: number; readonly pauseMs?: number };
    reply: AnalysisReport;
  };

  /** Answered by the advisor. */
  'state.current': { payload: Empty; reply: { readonly state: State } };
  /** advisor → everybody, and to the orchestrator */
  'state.changed': { payload: { from: State; to: State; because: string } };
  'intervention.apply': {
    payload: { readonly action: Action; readonly because: string };
    reply: { readonly eventsPerSecond: number; readonly reached: number };
  };
  'advice.given': {
    payload: { action: Action; eventsPerSecond: number; reached: number; tookMs: number };
  };

  /** orchestrator → everybody */
  'config.changed': { payload: { readonly eventsPerSecond: number } };
  'health.check': { payload: { readonly round: number }; reply: ModuleHealth };
  'system.health': { payload: { round: number; modules: readonly ModuleHealth[] } };
  /** Every module finishes what it has begun, then says so. */
  'system.shutdown': { payload: { readonly reason: string }; reply: ModuleHealth };
  /** Asks the orchestrator to shut down all modules. */
  'orchestrator.shutdown': {
    payload: { readonly reason: string };
    reply: { readonly finished: readonly string[] };
  };

  /** meter → the reports */
  'meter.figures': { payload: Figures };
  /** workload → the tour */
  'workload.figures': { payload: Work };

  /** To every process, when all are there: its modules begin. */
  'system.start': { payload: Empty };
  /** Every process answers; the census gathers. */
  'process.report': { payload: Empty; reply: ProcessReport };
  /** census → the reports */
  'system.processes': {
    payload: { readonly processes: readonly ProcessState[]; readonly links: readonly LinkState[] };
  };
  /** From the program itself, which has started it. */
  'process.lost': { payload: { readonly id: string; readonly reason: string } };
}

export type RawTopic =
  | 'raw.cpu.sample'
  | 'raw.memory.sample'
  | 'raw.loop.sample'
  | 'raw.host.sample'
  | 'raw.fs.changed';

/** A raw event as a message carries it; narrows on `topic`. */
export type RawEvent = {
  [K in RawTopic]: { readonly topic: K; readonly payload: PayloadOf<Workspace, K> };
}[RawTopic];
