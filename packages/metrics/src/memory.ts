/** What the process has taken, in bytes. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
}

interface Platform {
  readonly process?: { memoryUsage?(): Memory };
}

/** Undefined where the platform does not say, as in browsers. */
export function memoryInUse(): Memory | undefined {
  const usage = (globalThis as Platform).process?.memoryUsage?.();
  return usage === undefined ? undefined : { rss: usage.rss, heapUsed: usage.heapUsed };
}
