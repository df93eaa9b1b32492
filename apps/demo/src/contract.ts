import type { OutcomeCounts, PayloadOf } from '@bus/core';
import type { HealthState } from '@bus/health';

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
  /** Its readings are not to be believed: whoever reads it as if they were will fail. */
  readonly damaged?: true;
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
  /** Where it runs. */
  readonly bus: string;
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

/** What the bus of a process thinks of a peer, or of an endpoint that is not well. */
export interface SubjectState {
  readonly kind: 'peer' | 'endpoint';
  readonly name: string;
  readonly state: HealthState;
  /** Empty where it has always been well. */
  readonly reason: string;
  /** Left out where it is not known, since a link makes null of undefined. */
  readonly roundTripMs?: number;
}

/** What the hub has come to think of a peer, or of an endpoint. */
export interface HealthChange {
  readonly kind: 'peer' | 'endpoint';
  /** The peer's id; the endpoint's name, or its pattern. */
  readonly name: string;
  readonly from: HealthState;
  readonly to: HealthState;
  readonly reason: string;
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

/** The same as it tells itself. */
interface ProcessNews extends ProcessReport {
  readonly health: readonly SubjectState[];
  readonly reliability: Reliability;
}

/** What the reliable deliveries of a bus came to. */
export interface Reliability {
  /** Runs of a handler after the first. */
  readonly retries: number;
  /** Messages sent again, since nobody had acknowledged them. */
  readonly sentAgain: number;
  /** Given up, and neither replayed nor dropped. */
  readonly deadLettersLeft: number;
}

/** The newest report of a process; `silent` when it did not answer the last time, `lost` for good. */
export interface ProcessState extends ProcessNews {
  readonly state: 'up' | 'silent' | 'lost';
}

/** A fault that is caused on purpose. */
export type FaultKind = 'kill' | 'stall' | 'poison';

/** Such a fault, and how the program took it. Times from `noticedMs` on are since it was caused. */
export interface FaultReport {
  readonly fault: FaultKind;
  /** A process, or the topic of the message. */
  readonly target: string;
  /** Since the run began. */
  readonly plannedMs: number;
  readonly causedMs?: number;
  /** The hub knew: that the process was gone or silent, that the message was given up. */
  readonly noticedMs?: number;
  readonly noticed?: string;
  /** Another process had answered what was asked since. */
  readonly failoverMs?: number;
  /** What was stopped was told to go on. */
  readonly resumedMs?: number;
  /** It answered again, or the message was replayed. */
  readonly recoveredMs?: number;
  /** What was asked meanwhile, by the one who measures. */
  readonly requests: {
    readonly answered: number;
    readonly slowestMs: number;
    readonly failed: number;
    /** How many of those with which code. */
    readonly codes: Readonly<Record<string, number>>;
  };
}

/** What a process replayed of what it had given up, and how much is left. */
interface Replayed {
  readonly by: string;
  readonly replayed: number;
  readonly left: number;
}

/** What became of the batches, from end to end. */
export interface Deliveries {
  /** Batches that storage has published. */
  readonly published: number;
  /** Whose acknowledgement came back to it. */
  readonly acknowledged: number;
  /** Batches that came out of analysis as a window. */
  readonly handled: number;
  /** Windows that came out again. */
  readonly again: number;
  /** Given up so far, and then replayed with success. */
  readonly deadLetters: number;
  readonly replayed: number;
  /** Published, and neither handled nor among the dead letters nor under way: once all has ended, 0. */
  readonly missing: number;
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
  /** Has storage damage the next batch. */
  'storage.poison': { payload: Empty };
  /** It was acknowledged, or given up by whoever was to handle it. */
  'batch.settled': { payload: { readonly index: number; readonly acknowledged: boolean } };
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

  /** orchestrator → analysis: damaged batches can be read from now on. */
  'analysis.repair': { payload: Empty };

  /** A process, when a message was given up there. */
  'dead-letter.kept': {
    payload: {
      readonly by: string;
      readonly id: string;
      readonly topic: string;
      readonly reason: string;
      readonly attempts: number;
    };
  };
  /** Every process replays what it has given up. */
  'dead-letters.replay': { payload: Empty; reply: Replayed };
  /** From the orchestrator, who had them replayed. */
  'dead-letter.replayed': { payload: Replayed };

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
  'process.report': { payload: Empty; reply: ProcessNews };
  /** Answered by every process: the text format of Prometheus. */
  'process.metrics': { payload: Empty; reply: { readonly id: string; readonly text: string } };
  /** census → the reports */
  'system.processes': {
    payload: { readonly processes: readonly ProcessState[]; readonly links: readonly LinkState[] };
  };
  /** From whoever causes them. */
  'chaos.faults': { payload: { readonly faults: readonly FaultReport[] } };
  /** The hub's `$bus.health.changed`, for all to hear. */
  'health.changed': { payload: HealthChange };
  'system.deliveries': { payload: Deliveries };
  /** From the program itself, which has started it. */
  'process.lost': { payload: { readonly id: string; readonly reason: string } };
  /** Another process has taken the place of a lost one. */
  'process.restarted': {
    payload: { readonly id: string; readonly pid: number; readonly tookMs: number };
  };
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
