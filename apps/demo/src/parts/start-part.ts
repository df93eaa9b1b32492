import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Plugin } from '@bus/core';
import { transportIpc } from '@bus/transport-ipc';
import type { FromPart, PartData, ToPart } from './control.ts';
import { isControl } from './control.ts';

/** The file that every part runs; it is built beside this one. */
const entry = new URL('./part.js', import.meta.url);

/**
 * How the silence of a thread is judged: it has no connection to lose but with this process, and none
 * that could be made anew.
 */
export const threadHeartbeat = { intervalMs: 500, suspectMs: 2000, downMs: 60_000 } as const;

/** A process or a thread as whoever started it sees it. */
export interface StartedPart {
  readonly pid: number;
  tell(message: ToPart): void;
  hear(listener: (message: FromPart) => void): void;
  /** Resolves to how it went, when it has gone. */
  readonly gone: Promise<string>;
  kill(): void;
}

/** Starts a process that links itself to the hub's socket. */
export function startProcess(data: PartData): StartedPart {
  const child = fork(fileURLToPath(entry), [JSON.stringify(data)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  return {
    pid: child.pid ?? 0,
    // One that has gone does not hear it, which `gone` tells.
    tell: (message) => void child.send(message, () => undefined),
    hear: (listener) => {
      child.on('message', (message) => {
        if (isControl<FromPart>(message)) listener(message);
      });
    },
    gone,
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Starts a thread; the link to it is for the hub's bus to install. */
export function startThread(data: PartData): {
  readonly part: StartedPart;
  readonly link: Plugin;
} {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(entry, {
    workerData: { ...data, port: port2 },
    transferList: [port2],
  });
  const gone = new Promise<string>((resolve) => {
    worker.once('error', (error) => resolve(error.message));
    worker.once('exit', (code) => resolve(`exit code ${code}`));
  });
  const part: StartedPart = {
    pid: process.pid,
    tell: (message) => worker.postMessage(message),
    hear: (listener) => {
      worker.on('message', (message) => {
        if (isControl<FromPart>(message)) listener(message);
      });
    },
    gone,
    kill: () => void worker.terminate(),
  };
  return { part, link: transportIpc({ port: port1 }, { heartbeat: threadHeartbeat }) };
}
