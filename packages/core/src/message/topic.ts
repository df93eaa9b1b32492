import type { BusError } from '../errors.ts';
import { busError } from '../errors.ts';

/** Topics under this prefix belong to the bus: nobody may publish them. */
export const systemPrefix = '$bus.';

// Characters with a meaning in patterns, and those that cannot be printed.
const forbidden = /[/*?[\]{}()!\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
// Most topics pass here at once; the single checks cost four times as much.
const plain = /^[\w$:@-]+(?:\.[\w$:@-]+)*$/;
/** A shorter topic cannot have too many segments: each takes a character and a dot. */
const charactersPerSegment = 2;

/** Returns the fault of `topic`, or undefined where it is valid. */
export function topicFault(
  topic: unknown,
  limits: { readonly topicLength: number; readonly segments: number },
): BusError | undefined {
  const reason = faultOf(topic, limits);
  if (reason === undefined) return undefined;
  const shown = typeof topic === 'string' ? topic.slice(0, 64) : String(typeof topic);
  return busError('BUS_TOPIC_INVALID', `topic '${shown}' ${reason}`, { topic: shown, reason });
}

function faultOf(
  topic: unknown,
  limits: { readonly topicLength: number; readonly segments: number },
): string | undefined {
  if (typeof topic !== 'string') return 'is not a string';
  const { length } = topic;
  const short = length < charactersPerSegment * limits.segments && length <= limits.topicLength;
  if (short && plain.test(topic)) return undefined;
  if (length > limits.topicLength) return `is longer than ${limits.topicLength} characters`;
  const segments = topic.split('.');
  if (segments.includes('')) return 'has an empty segment: write names between the dots';
  if (segments.length > limits.segments) return `has more than ${limits.segments} segments`;
  const found = forbidden.exec(topic);
  return found
    ? `contains ${JSON.stringify(found[0])}: use letters, digits, '-' or '_'`
    : undefined;
}

/**
 * Checks a topic that a user sends on.
 * @throws BUS_TOPIC_INVALID
 */
export function checkTopic(
  topic: string,
  limits: { readonly topicLength: number; readonly segments: number },
): void {
  const fault = topicFault(topic, limits);
  if (fault !== undefined) throw fault;
  if (!topic.startsWith(systemPrefix)) return;
  const reason = `begins with '${systemPrefix}', which belongs to the bus`;
  throw busError('BUS_TOPIC_INVALID', `topic '${topic}' ${reason}`, { topic, reason });
}
