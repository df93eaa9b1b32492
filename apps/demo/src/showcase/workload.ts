import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Exhibit } from './finding.ts';
import { count } from './finding.ts';

const foreverCycleMs = 30_000;
const largestFile = 1 << 20;

/** Real work, so that there are states to see: which part of the run, and how it goes at it. */
const phases = [
  { from: 0.35, to: 0.5, workMs: 12, restMs: 12 },
  { from: 0.5, to: 0.65, workMs: 60, restMs: 0 },
] as const;

/** Hashes the files of the watched folder: gently for a while, then with all it can get. */
export function workload(dir: string, runMs: number): Exhibit {
  const cycleMs = Math.min(runMs, foreverCycleMs);
  const files = filesIn(dir);
  const began = performance.now();
  let hashed = 0;
  let bytes = 0;
  let workedMs = 0;
  let timer: NodeJS.Timeout | undefined;

  const hashNext = (): void => {
    try {
      const content = readFileSync(files[hashed++ % files.length] as string);
      createHash('sha256').update(content).digest();
      bytes += content.byteLength;
    } catch {
      // Gone or unreadable by now; there are others.
    }
  };
  const work = (): void => {
    const now = performance.now();
    const part = ((now - began) % cycleMs) / cycleMs;
    const phase = phases.find(({ from, to }) => part >= from && part < to);
    if (phase !== undefined) {
      while (performance.now() - now < phase.workMs) hashNext();
      workedMs += performance.now() - now;
    }
    timer = setTimeout(work, phase?.restMs ?? 25);
  };
  work();
  return {
    feature: 'workload',
    finding: () =>
      `hashed ${count(hashed)} files (${count(bytes / (1 << 20))} MiB) in ${count(workedMs)} ms, ` +
      'to have states to show',
    finish: () => clearTimeout(timer),
  };
}

/** Some files of the folder, or this program where there are none. */
function filesIn(dir: string): string[] {
  const found = readdirSync(dir, { withFileTypes: true, recursive: false })
    .filter((entry) => entry.isFile())
    .map((entry) => join(dir, entry.name))
    .filter((file) => (statSync(file, { throwIfNoEntry: false })?.size ?? Infinity) < largestFile);
  return found.length > 0 ? found : [fileURLToPath(import.meta.url)];
}
