import type { BusError } from '../errors.ts';
import { busError } from '../errors.ts';
import type { Limits } from '../options.ts';

/** Topics under this prefix belong to the bus: nobody may publish them. */
export const systemPrefix = '$bus.';

// Characters with a meaning in patterns, and those that cannot be printed.
const forbidden = /[/*?[\]{}()!\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
// Most topics pass here at once; the single checks cost four times as much.
const plain = /^[\w$:@-]+(?:\.[\w$:@-]+)*$/;
/** A shorter topic cannot have too many segments: each takes a character and a dot. */
const charactersPerSegment = 2;

type TopicLimits = Pick<Limits, 'topicLength' | 'segments'>;

/** Returns the fault of `topic`, or undefined where it is valid. */
export function topicFault(topic: unknown, limits: TopicLimits): BusError | undefined {
  if (typeof topic !== 'string') return topicInvalid(typeof topic, 'is not a string');
  const { topicLength, segments } = limits;
  const { length } = topic;
  const isShort = length < charactersPerSegment * segments && length <= topicLength;
  if (isShort && plain.test(topic)) return undefined;
  if (length > topicLength) return topicInvalid(topic, `is longer than ${topicLength} characters`);
  const names = topic.split('.');
  if (names.includes('')) {
    return topicInvalid(topic, 'has an empty segment: write names between the dots');
  }
  if (names.length > segments) return topicInvalid(topic, `has more than ${segments} segments`);
  const [strange] = forbidden.exec(topic) ?? [];
  if (strange === undefined) return undefined;
  const advice = "use letters, digits, '-' or '_'";
  return topicInvalid(topic, `contains ${JSON.stringify(strange)}: ${advice}`);
}

function topicInvalid(topic: string, reason: string): BusError {
  const shown = topic.slice(0, 64);
  return busError('BUS_TOPIC_INVALID', `topic '${shown}' ${reason}`, { topic: shown, reason });
}

/**
 * Checks a topic that a user sends on.
 * @throws BUS_TOPIC_INVALID
 */
export function checkTopic(topic: string, limits: TopicLimits): void {
  const fault = topicFault(topic, limits);
  if (fault !== undefined) throw fault;
  if (!topic.startsWith(systemPrefix)) return;
  throw topicInvalid(topic, `begins with '${systemPrefix}', which belongs to the bus`);
}
