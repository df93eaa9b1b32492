import type { BusError } from '@bus/core';
import { busError } from '@bus/core';
import type { DecodeLimits, PayloadCodec } from '../codec/payload-codec.ts';
import { protocolError } from '../errors.ts';
import { isCount, objectOf } from '../frames/control.ts';
import { protocolVersion } from '../frames/frames.ts';
import { isName, shown } from '../frames/shown.ts';
import type { Credentials, LinkLimits } from '../plugin/options.ts';

/** What a peer may count on at the side that says it. */
export interface StatedLimits extends DecodeLimits {
  readonly frameBytes: number;
  readonly windowMessages: number;
  readonly windowBytes: number;
  readonly pendingRequests: number;
  readonly unacknowledged: number;
  readonly interests: number;
  /** Names and values of the headers of one message, in UTF-8. */
  readonly headerBytes: number;
}

const statedNames: readonly (keyof StatedLimits)[] = [
  'frameBytes',
  'windowMessages',
  'windowBytes',
  'pendingRequests',
  'unacknowledged',
  'interests',
  'depth',
  'nodes',
  'mapEntries',
  'headerBytes',
];

/** Below these not even a short answer fits: that it failed, and why. */
const least: Partial<Record<keyof StatedLimits, number>> = {
  frameBytes: 1000,
  nodes: 4,
  mapEntries: 3,
};

/** The first frame of either side. */
export interface Hello {
  readonly protocol: number;
  readonly busId: string;
  /** Made anew by each transport of a bus that starts: tells a link that is back from another one. */
  readonly instance: string;
  /** What the ids of its messages begin with. */
  readonly idPrefix: string;
  /** Payload codecs it can read, the preferred one first. */
  readonly codecs: readonly string[];
  readonly limits: StatedLimits;
  readonly credentials: Credentials;
}

/** What this side states of its limits. */
export function statedLimits(limits: LinkLimits, headerBytes: number): StatedLimits {
  const all = { ...limits, headerBytes };
  const stated = statedNames.map((name) => [name, wholeNumber(all[name])]);
  return Object.fromEntries(stated) as unknown as StatedLimits;
}

function wholeNumber(limit: number): number {
  return Math.min(Math.max(1, Math.floor(limit)), Number.MAX_SAFE_INTEGER);
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
  for (const name of statedNames) {
    const stated = limits[name];
    const { [name]: fewest = 1 } = least;
    if (isCount(stated) && stated >= fewest) continue;
    throw protocolError(`the hello states no number from ${fewest} on as limits.${name}`);
  }
  if (!isName(busId) || !isName(instance) || !isName(idPrefix)) {
    throw protocolError('the hello has no bus id, instance or id prefix that can be printed');
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
 * The codec of a link, in both directions: of those that both sides have, the one nearest to the
 * front of the two lists together; of equals the first by name. So both sides come to the same.
 * @throws WIRE_PROTOCOL_ERROR
 */
export function commonCodec(own: readonly PayloadCodec[], theirs: readonly string[]): PayloadCodec {
  let best: PayloadCodec | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [at, codec] of own.entries()) {
    const theirPlace = theirs.indexOf(codec.name);
    if (theirPlace < 0) continue;
    const rank = at + theirPlace;
    if (rank > least || (rank === least && best !== undefined && best.name < codec.name)) continue;
    best = codec;
    least = rank;
  }
  if (best !== undefined) return best;
  const names = own.map(({ name }) => name).join(', ');
  throw protocolError(`the peer has the codecs ${theirs.join(', ')}, and this side ${names}`);
}

function versionMismatch(theirs: unknown): BusError {
  return busError(
    'WIRE_VERSION_MISMATCH',
    `the peer speaks version ${shown(String(theirs), 20)} of the protocol, this side version ${protocolVersion}: install versions of @bus/wire that fit`,
    { ours: protocolVersion, theirs },
  );
}
