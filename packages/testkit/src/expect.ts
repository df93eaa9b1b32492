/** Fails with a complaint unless something holds. */
export function expect(holds: boolean, complaint: string): void {
  if (!holds) throw new Error(complaint);
}

/** Fails where bytes are not what they should be, naming the first that differs. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} bytes, where ${expected.length} were sent`);
  }
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  if (at < 0) return;
  throw new Error(
    `${what}: byte ${at} of ${expected.length} is ${actual[at]}, not ${expected[at]}`,
  );
}
