import type { PayloadOf } from '@bus/core';
import type { Deliveries, Replayed } from './contract/deliveries.ts';
import type { FaultReport } from './contract/faults.ts';
import type { Figures, Work } from './contract/figures.ts';
import type { HealthChange, ModuleHealth } from './contract/health.ts';
import type { LinkState, ProcessNews, ProcessState } from './contract/processes.ts';
import type {
  Batch,
  CpuSample,
  FileChange,
  HostSample,
  LoopSample,
  MemorySample,
  RawTopic,
} from './contract/readings.ts';
import type { Action, AnalysisReport, ClassifiedWindow, State } from './contract/windows.ts';

type Empty = Readonly<Record<string, never>>;

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

/** A raw event as a message carries it; narrows on `topic`. */
export type RawEvent = {
  [K in RawTopic]: { readonly topic: K; readonly payload: PayloadOf<Workspace, K> };
}[RawTopic];
