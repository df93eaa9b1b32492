/**
 * How long a link carries messages: once to warm up, once to be measured.
 *
 * @param {import('../lib/measure.mjs').Effort} effort
 */
export function linkEffort({ quick }) {
  return quick ? { warmMs: 400, measureMs: 400 } : { warmMs: 700, measureMs: 1000 };
}
