import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'tsup';
import type { TestProject } from 'vitest/node';

const fixtures = ['echo', 'leaves', 'payloads', 'shop'] as const;

/** A program in `fixtures/` that tests start as a child process or a worker thread. */
export type Fixture = (typeof fixtures)[number];

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the bundles are. */
    readonly bundles: string;
  }
}

/** Bundles the fixtures once for all test files, so that plain Node runs them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const outDir = await mkdtemp(join(tmpdir(), 'ipc-'));
  await build({
    entry: fixtures.map((fixture) => join(import.meta.dirname, `../fixtures/${fixture}.ts`)),
    outDir,
    format: ['esm'],
    target: 'node20',
    splitting: false,
    outExtension: () => ({ js: '.mjs' }),
    noExternal: [/./],
    esbuildOptions: (options) => {
      options.conditions = ['@bus/source'];
    },
    config: false,
    silent: true,
  });
  project.provide('bundles', outDir);
  return () => rm(outDir, { recursive: true, force: true });
}
