import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBus } from '@bus/core';
import { correlation } from '@bus/correlation';
import { pubsub } from '@bus/pubsub';
import { routerGlob } from '@bus/router-glob';
import { quiet } from '@bus/test-support';
import { transportIpc } from '@bus/transport-ipc';
import { build } from 'tsup';
import { onTestFinished } from 'vitest';
import type { HealthChanged, HealthOptions, HealthState } from '../../src/index.ts';
import { health } from '../../src/index.ts';

/** Bundles the worker, so that plain Node runs it; to be called once per test file. */
export async function bundledWorker(): Promise<{ readonly file: string; remove(): Promise<void> }> {
  const outDir = await mkdtemp(join(tmpdir(), 'health-'));
  await build({
    entry: [join(import.meta.dirname, '../fixtures/worker.ts')],
    outDir,
    format: ['esm'],
    target: 'node20',
    outExtension: () => ({ js: '.mjs' }),
    noExternal: [/./],
    esbuildOptions: (options) => {
      options.conditions = ['@bus/source'];
    },
    config: false,
    silent: true,
  });
  return {
    file: join(outDir, 'worker.mjs'),
    remove: () => rm(outDir, { recursive: true, force: true }),
  };
}

/** A bus that workers `a` and `b` are linked to, each a process. */
export async function withWorkers(worker: string, options: HealthOptions) {
  const directory = await mkdtemp(join(tmpdir(), 'health-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const listen = join(directory, 'hub.sock');
  const bus = createBus({ id: 'hub', log: quiet }).use(
    routerGlob(),
    pubsub(),
    correlation(),
    health(options),
    transportIpc({ listen }),
  );
  onTestFinished(() => bus.stop({ drainMs: 0 }));
  const states = new Map<string, HealthState>();
  const watchers = new Set<() => void>();
  const look = (): void => {
    for (const watch of watchers) watch();
  };
  bus.subscribe('$bus.health.changed', ({ payload }) => {
    const { subject, to } = payload as HealthChanged;
    if (subject.kind === 'peer') states.set(subject.id, to);
    look();
  });
  bus.subscribe('$bus.endpoint.added', look);
  await bus.start();

  /** Resolves when a condition holds, which only changes with what the bus tells. */
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const watch = (): void => {
        if (!condition()) return;
        watchers.delete(watch);
        resolve();
      };
      watchers.add(watch);
      watch();
    });
  const start = async (id: string): Promise<ChildProcess> => {
    const child = fork(worker, [id, listen]);
    onTestFinished(() => void child.kill('SIGKILL'));
    await until(() => bus.endpoints('work').some((endpoint) => endpoint.bus === id));
    return child;
  };
  const ask = (topic: string, idempotent = false): Promise<unknown> =>
    bus.request(topic, {}, { idempotent, timeoutMs: 60_000 }).catch(({ code }) => code);
  return {
    bus,
    a: await start('a'),
    b: await start('b'),
    ask,
    /** Resolves when a worker is in a state. */
    is: (id: string, state: HealthState) => until(() => states.get(id) === state),
    /** Who answers, each asked as often as there are workers, and more. */
    async answering(): Promise<unknown[]> {
      const replies = new Set<unknown>();
      for (let i = 0; i < 6; i++) replies.add(await ask('who'));
      return [...replies].sort();
    },
  };
}
