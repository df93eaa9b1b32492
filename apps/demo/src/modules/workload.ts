import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bus } from '@bus/core';
import type { PubSub } from '@bus/pubsub';
import type { Workspace } from '../contract.ts';
import type { Module } from './module.ts';
import { answerOrchestrator } from './module.ts';

const everyMs = 500;
const largestFile = 1 << 20;

/**
 * Real work, so that there are states to see: which part of a cycle, and how it goes at it. In pieces
 * short enough for the process not to be taken for a dead one.
 */
const phases = [
  { from: 0.35, to: 0.5, workMs: 12, restMs: 12 },
  { from: 0.5, to: 0.65, workMs: 25, restMs: 0 },
] as const;

/**
 * Hashes the files of the watched folder: gently for a while, then with all it can get. Capture reads
 * its own process, so this has to run in the same one for its load to be seen.
 */
export function workload(
  bus: Bus<Workspace, PubSub>,
  options: { readonly dir: string; readonly cycleMs: number },
): Module {
  const { cycleMs } = options;
  const files = filesIn(options.dir);
  let hashed = 0;
  let bytes = 0;
  let workedMs = 0;
  let timer: NodeJS.Timeout | undefined;
  let tellTimer: NodeJS.Timeout | undefined;

  const hashNext = (): void => {
    try {
      const content = readFileSync(files[hashed++ % files.length] as string);
      createHash('sha256').update(content).digest();
      bytes += content.byteLength;
    } catch {
      // Gone or unreadable by now; there are others.
    }
  };
  const workSince = (began: number): void => {
    const now = performance.now();
    const part = ((now - began) % cycleMs) / cycleMs;
    const phase = phases.find(({ from, to }) => part >= from && part < to);
    if (phase !== undefined) {
      while (performance.now() - now < phase.workMs) hashNext();
      workedMs += performance.now() - now;
    }
    timer = setTimeout(() => workSince(began), phase?.restMs ?? 25);
  };
  const tell = (): Promise<number> =>
    bus.publish('workload.figures', { files: hashed, bytes, workedMs });

  answerOrchestrator(bus, 'workload', {
    note: () => `${hashed.toLocaleString('en')} files hashed`,
    finish: async () => {
      clearTimeout(timer);
      clearInterval(tellTimer);
      await tell();
    },
  });

  return {
    name: 'workload',
    start() {
      tellTimer = setInterval(tell, everyMs);
      workSince(performance.now());
    },
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
