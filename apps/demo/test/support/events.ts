import type { Batch } from '../../src/contract/readings.ts';
import type { RawEvent } from '../../src/contract.ts';

export function cpu(at: number, userMs: number): RawEvent {
  return { topic: 'raw.cpu.sample', payload: { at, userUs: userMs * 1000, systemUs: 0 } };
}

export function loop(at: number, delayMs: number): RawEvent {
  return { topic: 'raw.loop.sample', payload: { at, delayMs, utilization: 0 } };
}

/** A batch of 100 ms. */
export function batchOf(
  figures: { index?: number; cpuMs?: number; delayMs?: number; changes?: number } = {},
): Batch {
  const { index = 0, cpuMs = 0, delayMs = 0, changes = 0 } = figures;
  const from = index * 100;
  return {
    index,
    from,
    to: from + 100,
    cpu: [
      { at: from, userUs: 0, systemUs: 0 },
      { at: from + 100, userUs: cpuMs * 1000, systemUs: 0 },
    ],
    memory: [],
    loop: [{ at: from, delayMs, utilization: 0 }],
    host: [],
    changes: Array.from({ length: changes }, () => ({ at: from, path: 'a', change: 'change' })),
  };
}
