import { setTimeout as sleep } from 'node:timers/promises';
import type { Place, WorkspaceBus } from './assembly.ts';

/** How long a process may take to tell its figures. */
const metricsWithinMs = 5000;
const metricsAgainMs = 100;

/** The figures of one process for Prometheus; undefined where there is none of that name. */
export async function metricsOf(
  bus: WorkspaceBus,
  places: readonly Place[],
  name: string = bus.id,
): Promise<string | undefined> {
  if (name === bus.id) return bus.metrics.prometheus();
  if (!places.some(({ id }) => id === name)) return undefined;
  const signal = AbortSignal.timeout(metricsWithinMs);
  for (;;) {
    for await (const { id, text } of bus.requestMany('process.metrics', {}, { signal })) {
      if (id === name) return text;
    }
    // One that is silent for a moment was not asked.
    await sleep(metricsAgainMs, undefined, { signal });
  }
}
