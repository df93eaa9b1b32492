import type { Result } from './result.ts';

/** One way of showing the run. */
export interface Reporter {
  start(): void;
  /** The run is over and drains. */
  stopping(reason: string): void;
  finish(result: Result): void;
  /** Leaves the terminal as it was, when the program has to end at once. */
  abandon(): void;
}
