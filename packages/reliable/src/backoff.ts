/** How long is waited before the next try: `BackoffOptions` with every default filled in. */
export interface Backoff {
  readonly baseMs: number;
  readonly factor: number;
  readonly maxMs: number;
  readonly jitter: 'full' | 'none';
}

/**
 * Milliseconds to wait after try number `failed` has failed. Full jitter (Brooker, "Exponential
 * Backoff And Jitter", 2015): those that failed together do not come back together.
 */
export function backoffMs(backoff: Backoff, failed: number, random: () => number): number {
  const { baseMs, factor, maxMs, jitter } = backoff;
  const most = Math.min(maxMs, baseMs * factor ** (failed - 1));
  return jitter === 'none' ? most : random() * most;
}
