import type { Logger } from '../../src/index.ts';

const nothing = (): void => undefined;

/** Says nothing; errors are looked at through the `error` hook. */
export const quietLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

/** Keeps what was warned of. */
export function recordingLogger(): Logger & { readonly warnings: string[] } {
  const warnings: string[] = [];
  return { ...quietLogger, warn: (message) => void warnings.push(message), warnings };
}
