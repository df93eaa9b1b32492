import type { AnyBusError } from './errors.ts';

/** Where the bus writes what nobody asked for: `console` fits, and so do most loggers. */
export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** Warns of an error nobody may be watching, at most once a second for each code. */
export function errorLog(log: Logger, now: () => number): (error: AnyBusError) => void {
  const last = new Map<string, number>();
  return (error) => {
    const time = now();
    if (time - (last.get(error.code) ?? Number.NEGATIVE_INFINITY) < 1000) return;
    last.set(error.code, time);
    try {
      log.warn(`${error.code}: ${error.message}`, { details: error.details, cause: error.cause });
    } catch {
      // A logger that fails, or cannot print what was thrown, must not fail what it reports on.
    }
  };
}
