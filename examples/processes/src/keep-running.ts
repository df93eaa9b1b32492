import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A process that is started again whenever it ends by itself. */
export interface KeptProcess {
  readonly current: ChildProcess;
  /** Tells it to end by closing its channel, and resolves when it has ended. */
  stop(): Promise<void>;
}

/** Starts again after 100 ms, each time twice as long, up to 5 s; one that lived a minute starts anew. */
export function keepRunning(start: () => ChildProcess): KeptProcess {
  let current = start();
  let pauseMs = 100;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const watch = (): void => {
    const startedAt = performance.now();
    current.once('exit', () => {
      if (stopped) return;
      if (performance.now() - startedAt > 60_000) pauseMs = 100;
      timer = setTimeout(() => {
        current = start();
        watch();
      }, pauseMs);
      pauseMs = Math.min(5000, pauseMs * 2);
    });
  };
  watch();

  return {
    get current() {
      return current;
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      if (current.exitCode !== null || current.signalCode !== null) return;
      const ended = once(current, 'exit');
      if (current.connected) current.disconnect();
      await ended;
    },
  };
}
