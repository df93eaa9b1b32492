const brand: unique symbol = Symbol.for('@bus/router-regex/untrusted') as never;

/**
 * Marks a RegExp whose text came from outside the program: from a user, a file or a request. It then
 * runs in linear time, within the limits for patterns from peers. The function marks and returns
 * `pattern` itself.
 *
 * @throws TypeError if `pattern` is frozen and cannot be marked
 */
export function untrusted(pattern: RegExp): RegExp {
  return Object.defineProperty(pattern, brand, { value: true });
}

/** Whether {@link untrusted} marked a pattern, in any copy of this package. */
export function isUntrusted(pattern: RegExp): boolean {
  return brand in pattern;
}
