import type { Endpoint, EndpointDefinition, Host } from '@bus/core';
import { oneOf, optionInvalid } from '@bus/core';
import type { RetryOptions } from './api.ts';
import type { RetrySettings } from './options.ts';
import { retryOf } from './options.ts';
import type { SubscriptionContext, SubscriptionSettings } from './subscription.ts';
import { ReliableSubscription } from './subscription.ts';

/** What the endpoint of a reliable subscription is made of. */
interface ReliableDefinition extends EndpointDefinition {
  readonly reliable: ReliableSubscription;
}

/** The options of a subscription that are this plugin's. */
interface Asked extends RetryOptions {
  readonly delivery?: unknown;
  readonly order?: unknown;
}

/** The share of the handlers of a bus that messages of one subscription may take while they wait. */
const releasedShare = 0.1;

/** The subscription behind an endpoint, if it is a reliable one of this bus. */
export function reliableSubscription(endpoint: Endpoint): ReliableSubscription | undefined {
  return (endpoint.extras as Partial<ReliableDefinition> | undefined)?.reliable;
}

/**
 * Makes a reliable subscription of what asks for one; anything else is returned as it is.
 * @throws BUS_OPTION_INVALID
 */
export function reliableDefinition(
  definition: EndpointDefinition,
  context: SubscriptionContext,
  defaults: RetrySettings,
): EndpointDefinition {
  const { asked = {} } = definition;
  const { delivery, ackTimeoutMs, attempts, backoff, order, ...others } = asked as Asked;
  if (delivery === undefined) return definition;
  if (oneOf(['best-effort', 'reliable'], 'delivery', delivery) === 'best-effort') {
    const { delivery: _, ...left } = asked;
    return { ...definition, asked: left };
  }
  checkFits(definition);
  const { concurrency = 1 } = definition;
  const released = oneOf(['kept', 'released'], 'order', order ?? 'kept') === 'released';
  const settings: SubscriptionSettings = {
    ...retryOf({ ackTimeoutMs, attempts, backoff }, defaults),
    released: released ? concurrency : undefined,
  };
  const subscription = new ReliableSubscription(context, settings, definition);
  const made: ReliableDefinition = {
    ...definition,
    asked: others,
    name: subscription.name,
    acknowledges: true,
    // Each run has a deadline of its own.
    timeoutMs: Number.POSITIVE_INFINITY,
    handler: subscription.handle,
    cancelled: subscription.cancelled,
    reliable: subscription,
  };
  return released ? { ...made, ...whileOthersWait(concurrency, context.host) } : made;
}

/** The kernel hands over more than may run: what waits for another run must not hold others back. */
function whileOthersWait(
  concurrency: number,
  { limits }: Host,
): Pick<EndpointDefinition, 'concurrency' | 'keyOf'> {
  const waiting = Math.ceil(limits.inFlight * releasedShare);
  return { concurrency: concurrency + waiting, keyOf: () => undefined };
}

function checkFits({ kinds, timeoutMs, overflow }: EndpointDefinition): void {
  if (!kinds.includes('event')) {
    throw optionInvalid('delivery', 'reliable', 'it to subscriptions: it is about events');
  }
  if (timeoutMs !== undefined) {
    throw optionInvalid('timeoutMs', timeoutMs, "ackTimeoutMs instead, with delivery: 'reliable'");
  }
  if (overflow === 'latest') {
    throw optionInvalid(
      'mode',
      'latest',
      "another, with delivery: 'reliable', which loses nothing",
    );
  }
}
