import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, expect } from 'vitest';

const file = join(import.meta.dirname, '../fixtures/mirror.mjs');

/** Sends every message back, so that both ends of a link can be in this process. */
interface Mirror<Port> {
  readonly port: Port;
  post(message: string): void;
  /** Resolves when it has gone. */
  end(): Promise<void>;
  readonly isGone: () => boolean;
}

/**
 * Mirrors for one link after the other: to start each takes longer than what is tried on it. A link
 * must leave its channel as it was, which is made sure of before the next has it.
 */
export class Mirrors<Port extends Worker | ChildProcess> {
  readonly #start: () => Mirror<Port>;
  readonly #idle: Mirror<Port>[] = [];

  constructor(start: () => Mirror<Port>) {
    this.#start = start;
    afterAll(async () => {
      for (const mirror of this.#idle) await mirror.end();
    });
  }

  take(): Mirror<Port> {
    return this.#idle.pop() ?? this.#start();
  }

  async giveBack(mirror: Mirror<Port>): Promise<void> {
    if (mirror.isGone()) return;
    const { port } = mirror;
    expect(port.listenerCount('message')).toBe(0);
    // Behind all that is still under way of the link before.
    await new Promise<void>((resolve) => {
      const events: NodeJS.EventEmitter = port;
      events.on('message', function hear(said) {
        if (said !== 'settled') return;
        events.off('message', hear);
        resolve();
      });
      mirror.post('settled');
    });
    this.#idle.push(mirror);
  }
}

export function workerMirror(): Mirror<Worker> {
  const worker = new Worker(file);
  let isGone = false;
  const gone = once(worker, 'exit').then(() => {
    isGone = true;
  });
  return {
    port: worker,
    post: (message) => worker.postMessage(message),
    end: async () => {
      void worker.terminate();
      await gone;
    },
    isGone: () => isGone,
  };
}

export function childMirror(serialization: 'json' | 'advanced'): Mirror<ChildProcess> {
  const child = fork(file, { serialization });
  let isGone = false;
  const gone = once(child, 'exit').then(() => {
    isGone = true;
  });
  return {
    port: child,
    post: (message) => void child.send(message),
    end: async () => {
      child.kill('SIGKILL');
      await gone;
    },
    isGone: () => isGone,
  };
}
