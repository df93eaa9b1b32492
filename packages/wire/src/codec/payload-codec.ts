/** Where a received payload lies in the frame it came in; nothing is copied until it is read. */
export interface PayloadBytes {
  /** The frame, or whatever else the payload lies in; not to be changed. */
  readonly buffer: Uint8Array;
  /** Index of its first byte. */
  readonly start: number;
  /** Index after its last byte; equal to `start` for a payload of undefined. */
  readonly end: number;
}

/** Bounds on what a peer's payload may hold; checked before anything is allocated for it. */
export interface DecodeLimits {
  /** How deep maps and lists may nest; default 128. */
  readonly depth: number;
  /** Values of all kinds together, keys not counted; default 1,048,576. */
  readonly nodes: number;
  /** Entries of one map, or fields of one object; default 131,072. */
  readonly mapEntries: number;
}

/** Whether whoever has these limits takes all that another takes. */
export function allowsAll(limits: DecodeLimits, others: DecodeLimits): boolean {
  return (
    limits.depth >= others.depth &&
    limits.nodes >= others.nodes &&
    limits.mapEntries >= others.mapEntries
  );
}

/**
 * Turns payloads into bytes and back. The two ends of a link agree on one in the handshake: of those
 * that both have, the one nearest to the front of their two lists.
 */
export interface PayloadCodec {
  /** What the handshake calls it, 1 to 128 characters; both ends must mean the same by it. */
  readonly name: string;
  /**
   * The bytes of a payload; none for undefined. They may lie in memory that the next call overwrites.
   * @param limits - the receiver's: it closes the link at a payload that goes past them.
   * @throws WIRE_LIMIT_EXCEEDED; BUS_PAYLOAD_UNSUPPORTED where something in it would not arrive as it is.
   */
  encode(payload: unknown, limits: DecodeLimits): Uint8Array;
  /**
   * The payload of bytes from an untrusted peer: checks them before it builds anything. What it throws
   * costs the peer its link.
   * @param limits - this side's.
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
