import { BusError, busError } from '@bus/core';

/** The codes that links add, with what each says in `details`. */
export interface WireErrorCodes {
  /**
   * A payload or a reply holds what would not arrive over a link as it is, and is not sent. `path`: where
   * in it, such as `items[3].when`, empty for the whole; `reason`: what it is.
   */
  BUS_PAYLOAD_UNSUPPORTED: { readonly path: string; readonly reason: string };
  /** The peer said what the protocol does not allow, and its connection is closed. `reason` says what. */
  WIRE_PROTOCOL_ERROR: { readonly reason: string };
  /** The two ends speak no version of the protocol in common; `theirs` is what the peer stated. */
  WIRE_VERSION_MISMATCH: { readonly ours: number; readonly theirs: unknown };
  /**
   * The peer went past a limit of ours, and its connection is closed; or a message of ours would go
   * past one of the peer's, and is not sent. `limit` is its name in `limits`, `allowed` the limit, and
   * `value` how much there was, where that is known.
   */
  WIRE_LIMIT_EXCEEDED: {
    readonly limit: string;
    readonly allowed: number;
    readonly value: number | undefined;
  };
  /** The peer has not proved who it is; `reason` says what was missing or wrong, and no secret. */
  WIRE_UNAUTHORIZED: { readonly peer: string; readonly reason: string };
  /** A peer may not do `what` it asked for; its link lives on. */
  WIRE_FORBIDDEN: { readonly peer: string; readonly what: string };
  /** The bus `peer` has a link to `bus` already, over another of its transports: a second is refused. */
  WIRE_LINK_DUPLICATE: { readonly peer: string; readonly bus: string };
}

// In the public types by way of the interface above: a bundler of types drops what nothing refers to.
declare module '@bus/core' {
  interface BusErrorCodes extends WireErrorCodes {}
}

/** The peer broke the protocol. */
export function protocolError(reason: string, cause?: unknown): BusError {
  const text = `the peer broke the protocol: ${reason}; see docs/wire-protocol.md`;
  return busError('WIRE_PROTOCOL_ERROR', text, { reason }, cause);
}

/** Bytes of a payload that are not what its codec allows. */
export function malformedPayload(reason: string, cause?: unknown): BusError {
  return protocolError(`a payload is malformed: ${reason}`, cause);
}

/**
 * Something goes past a limit of whoever is to receive it.
 * @param limit - its name in `limits`.
 * @param value - how much there is, where that is known.
 */
export function limitExceeded(limit: string, allowed: number, value?: number): BusError {
  const found = value === undefined ? 'there is more' : `there are ${value}`;
  const text = `limits.${limit} of the receiver is ${allowed}, and ${found}: send less at once, or raise it there`;
  return busError('WIRE_LIMIT_EXCEEDED', text, { limit, allowed, value });
}

/**
 * A payload of this side that would not arrive as it is.
 * @param path - what leads to the part that would not; empty for the whole.
 */
export function payloadUnsupported(path: string, reason: string, cause?: unknown): BusError {
  const what = path === '' ? 'the payload' : `'${path}' in the payload`;
  const text = `${what} cannot be sent over a link: it ${reason}; see docs/concepts/payloads.md`;
  return busError('BUS_PAYLOAD_UNSUPPORTED', text, { path, reason }, cause);
}

/** The peer did not prove who it is. */
export function unauthorized(peer: string, reason: string, cause?: unknown): BusError {
  const text = `'${peer}' was not let in: ${reason}`;
  return busError('WIRE_UNAUTHORIZED', text, { peer, reason }, cause);
}

/** The same bus is linked already. */
export function linkDuplicate(bus: string, peer: string): BusError {
  const text = `'${peer}' is linked to '${bus}' already: remove one of its transports`;
  return busError('WIRE_LINK_DUPLICATE', text, { peer, bus });
}

/**
 * The peer may not do this.
 * @param option - where the topic has to be listed for it.
 */
export function forbidden(
  peer: string,
  what: string,
  option: 'receive' | 'send',
  cause?: unknown,
): BusError {
  const text = `'${peer}' may not ${what}: the bus that refuses it has to list it in '${option}', and authorize it`;
  return busError('WIRE_FORBIDDEN', text, { peer, what }, cause);
}

/** The link that had the message is gone. The code is correlation's, since askers are who sees it. */
export function peerGone(topic: string, peer: string, cause?: unknown): BusError {
  return new BusError(
    'CORRELATION_PEER_GONE',
    `the link to '${peer}' was lost while '${topic}' was under way: what became of it is not known`,
    { topic, peer, isLost: true },
    { cause },
  );
}

/** The link that was asked for a sign of life is gone. */
export function linkLost(peer: string, cause?: unknown): BusError {
  const text = `the link to '${peer}' was lost`;
  return new BusError('CORRELATION_PEER_GONE', text, { topic: '', peer, isLost: true }, { cause });
}

/** Whoever asked does not want the answer any more, or is gone. */
export function cancelledByPeer(peer: string, cause: unknown): BusError {
  const text = cause === undefined ? 'gave it up' : 'was lost';
  return busError(
    'BUS_CANCELLED',
    `the request was cancelled: '${peer}' ${text}`,
    { topic: '' },
    cause,
  );
}
