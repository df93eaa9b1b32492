import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, inject, onTestFinished } from 'vitest';
import type { Fixture } from './bundles.ts';
import type { Side } from './end.ts';

function bundleOf(fixture: Fixture): string {
  return join(inject('bundles'), `${fixture}.mjs`);
}

export function startChild(
  fixture: Fixture,
  args: readonly string[] = [],
  serialization: 'json' | 'advanced' = 'json',
): ChildProcess {
  const child = fork(bundleOf(fixture), args, { serialization });
  words.set(child, new Words(child));
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

export function startWorker(fixture: Fixture, argv: readonly string[] = []): Worker {
  const worker = new Worker(bundleOf(fixture), { argv: [...argv] });
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

/** Sends bytes to the fixture `echo` and waits for them to come back. */
export async function bounce(side: Side, bytes: Uint8Array): Promise<void> {
  const expected = Buffer.from(bytes);
  side.connection.send(bytes);
  await side.received(expected.byteLength);
  expect(Buffer.concat(side.chunks).equals(expected)).toBe(true);
}
