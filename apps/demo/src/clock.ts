/**
 * Milliseconds since the Unix epoch with the resolution of the performance clock. Unlike
 * `performance.now()` it means the same in every process and page of one machine.
 */
export function stamp(): number {
  return performance.timeOrigin + performance.now();
}
