import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * How long to measure.
 *
 * @typedef {object} Effort
 * @property {boolean} quick
 * @property {number} warmMs
 * @property {number} sampleMs
 * @property {number} samples
 */

/**
 * What a contender hands over to be timed.
 *
 * @typedef {object} Timed
 * @property {(count: number) => unknown} run does the operation `count` times; a promise is awaited
 * @property {(count: number) => void} [prepare] called before each `run`, and not timed
 * @property {number} [per] by what to divide the time of one operation (deliveries in a fan-out)
 * @property {() => number} [done] how much has been done in all
 * @property {number} [donePerRun] by how much one operation raises `done`; default 1
 * @property {() => unknown} [stop]
 */

/** How much two samples in a row may differ once the code has settled. */
const STEADY = 0.1;
/** How many times the usual warming-up at most. */
const LONGEST_WARM = 5;

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Warms up until the code has settled, then takes the median of a few samples.
 *
 * @param {Timed} timed
 * @param {Effort} effort
 * @returns {Promise<number>} nanoseconds per operation
 */
export async function nanosecondsEach(
  { run, prepare, per = 1, done, donePerRun = 1, stop },
  effort,
) {
  const doneBefore = done?.() ?? 0;
  let count = 1;
  let runs = 0;
  const sample = async () => {
    prepare?.(count);
    await nextTurn();
    const started = performance.now();
    const pending = run(count);
    if (pending !== undefined) await pending;
    runs += count;
    return performance.now() - started;
  };

  const started = performance.now();
  const warmFor = () => performance.now() - started;
  let took = await sample();
  let isSteady = false;
  // On a busy machine the compiler may not be done when the usual time is over.
  while (warmFor() < effort.warmMs || (!isSteady && warmFor() < LONGEST_WARM * effort.warmMs)) {
    const before = took / count;
    if (took < effort.sampleMs / 2) count *= 2;
    took = await sample();
    isSteady = Math.abs(took / count / before - 1) < STEADY;
  }
  count = Math.max(1, Math.round((count * effort.sampleMs) / took));

  const samples = [];
  for (let i = 0; i < effort.samples; i++) {
    samples.push(((await sample()) * 1e6) / count / per);
  }

  await nextTurn();
  const missing = runs * donePerRun - ((done?.() ?? 0) - doneBefore);
  if (done !== undefined && missing !== 0) {
    throw new Error(`${missing} of ${runs * donePerRun} deliveries did not happen`);
  }
  await stop?.();
  return median(samples);
}
