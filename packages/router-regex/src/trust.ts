const brand: unique symbol = Symbol.for('@bus/router-regex/untrusted') as never;

/**
 * Marks a RegExp whose text came from outside the program (a user, a file, a request), so that it
 * runs in linear time and within the limits for patterns from peers. Marks and returns `pattern`
 * itself.
 *
 * @throws TypeError where `pattern` is frozen, and so cannot be marked.
 */
export function untrusted(pattern: RegExp): RegExp {
  return Object.defineProperty(pattern, brand, { value: true });
}

/** Whether {@link untrusted} marked it, in whichever copy of this package. */
export function isUntrusted(pattern: RegExp): boolean {
  return brand in pattern;
}
