import type { BusError } from '@bus/core';
import { busError } from '@bus/core';
import { protocolError } from './errors.ts';
import { protocolVersion } from './frames.ts';
import { isCount, objectOf } from './interest.ts';
import type { Credentials, LinkLimits } from './options.ts';
import type { PayloadCodec } from './payload-codec.ts';

/** What a peer may count on at the side that says it. */
export interface StatedLimits {
  readonly frameBytes: number;
  readonly windowMessages: number;
  readonly windowBytes: number;
  readonly pendingRequests: number;
  readonly interests: number;
}

/** The first frame of either side. */
export interface Hello {
  readonly protocol: number;
  readonly busId: string;
  /** Made anew whenever a bus starts: tells a reconnecting bus from another of its name. */
  readonly instance: string;
  /** What the ids of its messages begin with. */
  readonly idPrefix: string;
  /** Payload codecs it can read, the preferred one first. */
  readonly codecs: readonly string[];
  readonly limits: StatedLimits;
  readonly credentials: Credentials;
}

/** What this side states of its limits. */
export function statedLimits(limits: LinkLimits): StatedLimits {
  const { frameBytes, windowMessages, windowBytes, pendingRequests, interests } = limits;
  return { frameBytes, windowMessages, windowBytes, pendingRequests, interests };
}

/**
 * Checks a peer's first frame.
 * @throws WIRE_PROTOCOL_ERROR, WIRE_VERSION_MISMATCH
 */
export function helloOf(value: unknown): Hello {
  const hello = objectOf(value, 'the hello');
  const { protocol, busId, instance, idPrefix, codecs, credentials = {} } = hello;
  if (protocol !== protocolVersion) throw versionMismatch(protocol);
  const limits = objectOf(hello.limits, 'limits of the hello');
  const { frameBytes, windowMessages, windowBytes, pendingRequests, interests } = limits;
  const counts = [frameBytes, windowMessages, windowBytes, pendingRequests, interests];
  if (!counts.every((count) => isCount(count) && count > 0)) {
    throw protocolError('the hello states limits that are no numbers above zero');
  }
  if (!isName(busId) || !isName(instance) || !isName(idPrefix)) {
    throw protocolError('the hello has no bus id, instance or id prefix');
  }
  if (!Array.isArray(codecs) || codecs.length > 16 || !codecs.every(isName)) {
    throw protocolError('the hello lists no codecs');
  }
  return {
    protocol,
    busId,
    instance,
    idPrefix,
    codecs,
    limits: limits as unknown as StatedLimits,
    credentials: objectOf(credentials, 'credentials of the hello'),
  };
}

/**
 * The codec to write with: the first of the peer's that this side has.
 * @throws WIRE_PROTOCOL_ERROR
 */
export function commonCodec(own: readonly PayloadCodec[], theirs: readonly string[]): PayloadCodec {
  for (const name of theirs) {
    const codec = own.find((candidate) => candidate.name === name);
    if (codec !== undefined) return codec;
  }
  const names = own.map(({ name }) => name).join(', ');
  throw protocolError(`the peer reads ${theirs.join(', ')}, and this side writes ${names}`);
}

function versionMismatch(theirs: unknown): BusError {
  return busError(
    'WIRE_VERSION_MISMATCH',
    `the peer speaks version ${String(theirs).slice(0, 20)} of the protocol, this side version ${protocolVersion}: install versions of @bus/wire that fit`,
    { ours: protocolVersion, theirs },
  );
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 128;
}
