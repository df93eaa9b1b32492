import type { Env } from './env.ts';
import type { BusError } from './errors.ts';

/** Where the bus writes what nobody asked for: `console` fits, and so do most loggers. */
export interface Logger {
  /** What helps to follow a fault. */
  debug(message: string, fields?: object): void;
  /** What a user may want to know of. */
  info(message: string, fields?: object): void;
  /**
   * What went wrong for one message or one peer; `fields` holds `details` and `cause` of an
   * error.
   */
  warn(message: string, fields?: object): void;
  /** What needs somebody to act. */
  error(message: string, fields?: object): void;
}

/** Warns of an error nobody may be watching, at most once a second for each code. */
export function errorLog(log: Logger, env: Env): (error: BusError) => void {
  const last = new Map<string, number>();
  return (error) => {
    const time = env.now();
    if (time - (last.get(error.code) ?? Number.NEGATIVE_INFINITY) < 1000) return;
    last.set(error.code, time);
    try {
      log.warn(`${error.code}: ${error.message}`, { details: error.details, cause: error.cause });
    } catch {
      // A logger that fails, or cannot print what was thrown, must not fail what it reports on.
    }
  };
}
