/** Where a received payload lies in the frame it came in; nothing is copied until it is read. */
export interface PayloadBytes {
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Bounds on what a peer's payload may hold; checked before anything is allocated for it. */
export interface DecodeLimits {
  /** How deep maps and lists nest; default 32. */
  readonly depth: number;
  /** Values of all kinds together, keys not counted; default 16,384. */
  readonly nodes: number;
  /** Entries of one map; default 4,096. */
  readonly mapEntries: number;
}

/** Turns payloads into bytes and back. The two ends of a link agree on one in the handshake. */
export interface PayloadCodec {
  /** What the handshake calls it; both ends must mean the same by it. */
  readonly name: string;
  /**
   * The bytes of a payload. They may lie in memory that the next call overwrites.
   * @param limits - the receiver's: it closes the link at a payload that goes past them.
   * @throws WIRE_LIMIT_EXCEEDED; WIRE_PROTOCOL_ERROR where a payload cannot be encoded, such as one
   * that contains itself.
   */
  encode(payload: unknown, limits: DecodeLimits): Uint8Array;
  /**
   * The payload of bytes from an untrusted peer: checks them before it builds anything.
   * @throws WIRE_PROTOCOL_ERROR, WIRE_LIMIT_EXCEEDED
   */
  decode(bytes: PayloadBytes, limits: DecodeLimits): unknown;
  /**
   * Throws what `decode` would, without building anything. A bus asks it before it passes a payload
   * on to another link, so that nobody but its sender loses a link by it. Where a codec has none,
   * payloads are passed on as they came.
   * @throws WIRE_PROTOCOL_ERROR, WIRE_LIMIT_EXCEEDED
   */
  check?(bytes: PayloadBytes, limits: DecodeLimits): void;
}
