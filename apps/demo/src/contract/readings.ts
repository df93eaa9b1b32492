/** When a reading was taken: see `stamp` in clock.ts. */
interface Stamped {
  readonly at: number;
}

/** CPU time of the process so far, in microseconds. */
export interface CpuSample extends Stamped {
  readonly userUs: number;
  readonly systemUs: number;
}

export interface MemorySample extends Stamped {
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
}

/** How late the event loop came to a timer, and which share of its time it was busy. */
export interface LoopSample extends Stamped {
  readonly delayMs: number;
  readonly utilization: number;
}

/** The whole machine: the share of its CPU time that was busy, and its one-minute load. */
export interface HostSample extends Stamped {
  readonly busyShare: number;
  readonly load: number;
  readonly freeBytes: number;
}

/** One file-system event below the watched folder. */
export interface FileChange extends Stamped {
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

/** Where capture publishes its readings. */
export type RawTopic =
  | 'raw.cpu.sample'
  | 'raw.memory.sample'
  | 'raw.loop.sample'
  | 'raw.host.sample'
  | 'raw.fs.changed';
