import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Connection, Transport } from '@bus/wire';
import { build } from 'tsup';
import { onTestFinished } from 'vitest';
import { quietHost } from './host.ts';

/** A directory of the test's own, with a short name. */
export async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'ipc-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** One connection, and what was told of it. */
export class Side {
  readonly connection: Connection;
  readonly chunks: Uint8Array[] = [];
  readonly calls: string[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(connection: Connection) {
    this.connection = connection;
  }

  told(call: string): void {
    this.calls.push(call);
    for (const watch of this.#watchers) watch();
  }

  get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  async until(condition: (side: this) => boolean): Promise<void> {
    while (!condition(this))
      await new Promise<void>((resolve) => {
        const watch = () => {
          this.#watchers.delete(watch);
          resolve();
        };
        this.#watchers.add(watch);
      });
  }

  received(bytes: number): Promise<void> {
    return this.until(() => this.bytes >= bytes);
  }

  get closed(): Promise<void> {
    return this.until(({ calls }) => calls.includes('closed'));
  }
}

/** A transport without a bus. */
export class End {
  readonly transport: Transport;
  readonly sides: Side[] = [];
  readonly failures: unknown[] = [];
  readonly #waiting: ((side: Side) => void)[] = [];

  constructor({ transport }: { readonly transport: Transport }) {
    this.transport = transport;
    onTestFinished(() => this.transport.close());
  }

  open(signal: AbortSignal = new AbortController().signal): Promise<void> {
    const host = quietHost(
      (connection) => {
        const side = new Side(connection);
        this.sides.push(side);
        for (const waiting of this.#waiting.splice(0)) waiting(side);
        return {
          receive: (bytes) => {
            side.chunks.push(bytes);
            side.told('receive');
          },
          writable: () => side.told('writable'),
          closed: () => side.told('closed'),
        };
      },
      (error) => this.failures.push(error),
    );
    return this.transport.open(host, signal);
  }

  /** The n-th connection, as soon as there is one. */
  async side(index = 0): Promise<Side> {
    for (;;) {
      const found = this.sides[index];
      if (found !== undefined) return found;
      await new Promise((resolve) => this.#waiting.push(resolve));
    }
  }
}

/** Bundles a fixture, so that plain Node runs it; to be called once per test file. */
export async function bundled(
  fixture: string,
): Promise<{ readonly file: string; remove(): Promise<void> }> {
  const outDir = await mkdtemp(join(tmpdir(), 'ipc-'));
  await build({
    entry: [join(import.meta.dirname, `fixtures/${fixture}.ts`)],
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
    file: join(outDir, `${fixture}.mjs`),
    remove: () => rm(outDir, { recursive: true, force: true }),
  };
}

export function startChild(
  file: string,
  args: readonly string[] = [],
  serialization: 'json' | 'advanced' = 'json',
): ChildProcess {
  const child = fork(file, args, { serialization });
  words.set(child, new Words(child));
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

export function startWorker(file: string, argv: readonly string[] = []): Worker {
  const worker = new Worker(file, { argv: [...argv] });
  words.set(worker, new Words(worker));
  onTestFinished(() => void worker.terminate());
  return worker;
}

/** What a fixture has said of its own, between the messages of its link. */
class Words {
  readonly #said: string[] = [];
  readonly #waiting: ((word: string) => void)[] = [];

  constructor(from: ChildProcess | Worker) {
    const events: NodeJS.EventEmitter = from;
    events.on('message', (message) => {
      if (typeof message !== 'string') return;
      const waiting = this.#waiting.shift();
      if (waiting) waiting(message);
      else this.#said.push(message);
    });
  }

  next(): Promise<string> {
    const said = this.#said.shift();
    if (said !== undefined) return Promise.resolve(said);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

const words = new WeakMap<ChildProcess | Worker, Words>();

/** The next word a fixture says. */
export async function word(from: ChildProcess | Worker): Promise<string> {
  return (words.get(from) ?? new Words(from)).next();
}

export async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** Bytes that tell their place. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}
