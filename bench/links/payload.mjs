import { pack } from 'msgpackr';

const MOMENT = 1_790_000_000_000;
const LARGE_NUMBER = 1_000_000;

/** @param {number} n @param {string} text */
function payload(n, text) {
  return { n, at: MOMENT + n, kind: 'reading', text };
}

/**
 * Makes numbered payloads that are `bytes` long as msgpack.
 *
 * @param {number} bytes
 * @returns {(n: number) => { n: number }}
 */
export function payloadsOf(bytes) {
  let length = bytes - pack(payload(LARGE_NUMBER, '')).length;
  while (pack(payload(LARGE_NUMBER, 'x'.repeat(length))).length > bytes) length--;
  const text = 'x'.repeat(length);
  return (n) => payload(n, text);
}
