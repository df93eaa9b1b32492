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
