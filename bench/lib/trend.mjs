/** @param {Array<{ heap: number }>} samples */
function floor(samples) {
  return Math.min(...samples.map(({ heap }) => heap));
}

/**
 * The straight line through samples of the heap, by least squares.
 *
 * @param {Array<{ second: number, heap: number }>} samples
 * @returns {{ perMinute: number, floorRise: number }} its slope; and by how much the lowest sample
 *   of the last third is above that of the first, which noise of single samples hardly moves
 */
export function trend(samples) {
  if (samples.length < 2) return { perMinute: 0, floorRise: 0 };
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = mean(samples.map(({ second }) => second));
  const level = mean(samples.map(({ heap }) => heap));
  let covariance = 0;
  let variance = 0;
  for (const { second, heap } of samples) {
    covariance += (second - middle) * (heap - level);
    variance += (second - middle) ** 2;
  }
  const third = Math.ceil(samples.length / 3);
  const floorRise = floor(samples.slice(-third)) - floor(samples.slice(0, third));
  return { perMinute: (covariance / variance) * 60, floorRise };
}
