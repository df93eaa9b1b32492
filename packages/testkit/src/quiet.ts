import type { Logger } from '@bus/core';

/** Keeps what buses under test have to say to itself. */
export const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
