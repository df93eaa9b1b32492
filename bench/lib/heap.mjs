/** Bytes in use after everything unreachable has gone. */
export function heapUsed() {
  // A second pass takes what the first one's finalizers have let go.
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
