import type { MessageKind, Overflow } from '@bus/core';
import { protocolError } from '../errors.ts';
import { isCount, objectOf } from '../frames/control.ts';
import { shown } from '../frames/shown.ts';
import type { Reach } from './reach.ts';
import { longestReach, mostMembers } from './reach.ts';

/** A pattern as it crosses a link. */
export type WirePattern = string | { readonly source: string; readonly flags: string };

/**
 * What one side offers to take, as the other is told: endpoints that are equal in all of this are one
 * interest, however many they are.
 */
export interface Interest {
  /** Chosen by the side that offers; messages name it. */
  readonly id: number;
  readonly pattern: WirePattern;
  /** Only topics that one of these matches as well; absent where all of the pattern's are meant. */
  readonly within?: readonly string[] | undefined;
  readonly kinds: readonly MessageKind[];
  readonly name?: string | undefined;
  readonly group?: string | undefined;
  readonly priority: number;
  readonly capacity: number;
  readonly overflow: Overflow;
  /** Links between the offering bus and the nearest of the endpoints, plus one. */
  readonly distance: number;
  /** Events whose sender waits for it are sent under an id, and acknowledged; absent for no. */
  readonly acknowledges?: boolean | undefined;
  /** How many endpoints it is, where a message is for each of them; 1 where it is absent. */
  readonly members?: number | undefined;
  /** The same by how many links they are away from the offering bus; absent where none is away. */
  readonly reach?: Reach | undefined;
}

const kinds: readonly unknown[] = ['event', 'notification', 'request'];
const overflows: readonly unknown[] = ['block', 'drop-oldest', 'drop-newest', 'latest', 'error'];
const longestText = 1024;

/**
 * Checks what a peer offers.
 * @throws WIRE_PROTOCOL_ERROR
 */
export function interestOf(value: unknown): Interest {
  const offer = objectOf(value, 'an interest');
  const { id, pattern, within, name, group, priority, capacity, overflow, distance } = offer;
  const { members, reach, acknowledges } = offer;
  const list = offer.kinds;
  if (!isCount(id)) throw protocolError('an interest has no id');
  if (!isListOfKinds(list)) throw protocolError(`interest ${id} has kinds that are not known`);
  if (typeof priority !== 'number' || !Number.isFinite(priority)) {
    throw protocolError(`interest ${id} has no priority`);
  }
  if (!isCount(capacity) || capacity < 1) throw protocolError(`interest ${id} has no capacity`);
  if (!overflows.includes(overflow)) throw protocolError(`interest ${id} has no overflow policy`);
  if (members !== undefined && (!isCount(members) || members < 1 || members > mostMembers)) {
    throw protocolError(`interest ${id} has members that are no count`);
  }
  if (acknowledges !== undefined && typeof acknowledges !== 'boolean') {
    throw protocolError(`interest ${id} has an 'acknowledges' that is neither true nor false`);
  }
  if (!isCount(distance)) throw protocolError(`interest ${id} has no distance`);
  return {
    id,
    pattern: patternOf(id, pattern),
    within: within === undefined ? undefined : textsOf(id, within),
    kinds: list,
    // For people alone, who find it in logs.
    name: name === undefined ? undefined : nameOf(textOf(id, name)),
    group: group === undefined ? undefined : textOf(id, group),
    priority,
    capacity,
    overflow: overflow as Overflow,
    distance,
    acknowledges,
    members,
    reach: reach === undefined ? undefined : countsOf(id, reach),
  };
}

/** A name as it may be told and logged: of any text one that {@link interestOf} takes, or none. */
export function nameOf(text: string | undefined): string | undefined {
  return shown(text ?? '').slice(0, longestText) || undefined;
}

function countsOf(id: number, value: unknown): Reach {
  const isCounts =
    Array.isArray(value) &&
    value.length <= longestReach &&
    value.every((count) => isCount(count) && count <= mostMembers);
  if (isCounts) return value;
  throw protocolError(`interest ${id} has a reach that is no list of counts`);
}

function isListOfKinds(value: unknown): value is readonly MessageKind[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > kinds.length) return false;
  return value.every((kind) => kinds.includes(kind));
}

function patternOf(id: number, pattern: unknown): WirePattern {
  if (isText(pattern)) return pattern;
  const { source, flags } = objectOf(pattern, `the pattern of interest ${id}`);
  if (!isText(source) || typeof flags !== 'string' || flags.length > 8) {
    throw protocolError(`the pattern of interest ${id} is neither text nor a RegExp`);
  }
  return { source, flags };
}

function textsOf(id: number, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.length > 0 && value.length <= 64 && value.every(isText)) {
    return value;
  }
  throw protocolError(`interest ${id} has a 'within' that is no list of patterns`);
}

function textOf(id: number, value: unknown): string {
  if (isText(value)) return value;
  throw protocolError(`interest ${id} has a name or group that is no text`);
}

/** Whether a peer takes a text of ours: a pattern, or the name of a group. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= longestText;
}
