/**
 * The straight line through samples of the heap, by least squares.
 *
 * @param {Array<{ second: number, heap: number }>} samples
 * @returns {{ perMinute: number, gained: number }} its slope, and last less first
 */
export function trend(samples) {
  if (samples.length < 2) return { perMinute: 0, gained: 0 };
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = mean(samples.map(({ second }) => second));
  const level = mean(samples.map(({ heap }) => heap));
  let covariance = 0;
  let variance = 0;
  for (const { second, heap } of samples) {
    covariance += (second - middle) * (heap - level);
    variance += (second - middle) ** 2;
  }
  const gained = samples[samples.length - 1].heap - samples[0].heap;
  return { perMinute: (covariance / variance) * 60, gained };
}
