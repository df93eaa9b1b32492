import type { Batch } from '../contract/readings.ts';
import type { ClassifiedWindow, State } from '../contract/windows.ts';

const overloadedCpuShare = 0.85;
const overloadedDelayMs = 20;
const activeCpuShare = 0.35;

export interface Classified {
  readonly state: State;
  readonly window: Omit<ClassifiedWindow, 'by'>;
}

/** What a batch says about the workspace. */
export function classify(batch: Batch): Classified {
  const { cpu, memory, loop, host, changes } = batch;
  const figures = {
    index: batch.index,
    events: cpu.length + memory.length + loop.length + host.length + changes.length,
    cpuShare: cpuShareOf(batch),
    loopDelayMs: mean(loop.map((sample) => sample.delayMs)),
    rssBytes: memory.at(-1)?.rssBytes ?? 0,
    hostBusyShare: mean(host.map((sample) => sample.busyShare)),
    changes: changes.length,
  };
  const { state, because } = verdict(figures);
  return { state, window: { ...figures, because } };
}

interface Signals {
  readonly cpuShare: number;
  readonly loopDelayMs: number;
  readonly changes: number;
}

function verdict({ cpuShare, loopDelayMs, changes }: Signals): { state: State; because: string } {
  const cpu = `${Math.round(cpuShare * 100)} % of a core`;
  if (cpuShare >= overloadedCpuShare) return { state: 'overloaded', because: cpu };
  if (loopDelayMs >= overloadedDelayMs) {
    return { state: 'overloaded', because: `event loop ${Math.round(loopDelayMs)} ms late` };
  }
  if (changes > 0) return { state: 'active', because: `${changes} file events` };
  return { state: cpuShare >= activeCpuShare ? 'active' : 'idle', because: cpu };
}

function cpuShareOf({ cpu }: Batch): number {
  const first = cpu[0];
  const last = cpu.at(-1);
  if (first === undefined || last === undefined || last.at <= first.at) return 0;
  const usedUs = last.userUs + last.systemUs - first.userUs - first.systemUs;
  return usedUs / 1000 / (last.at - first.at);
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
