/** Bytes that look like no other place of themselves, so that a shift or a gap shows. */
export function pattern(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 0x9e3779b1) >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
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

export function expect(holds: boolean, complaint: string): void {
  if (!holds) throw new Error(complaint);
}
