import type { Reporter } from './reporter.ts';

/** One object at the end, and nothing else. */
export function jsonReporter(write: (text: string) => void): Reporter {
  return {
    start: () => undefined,
    stopping: () => undefined,
    finish: (result) => write(`${JSON.stringify(result)}\n`),
    abandon: () => undefined,
  };
}
