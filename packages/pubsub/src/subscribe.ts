import type {
  EndpointDefinition,
  Host,
  Message,
  MessageKind,
  Pattern,
  Subscription,
} from '@bus/core';
import { busError } from '@bus/core';
import type { MessageStream, SubscribeOptions } from './api.ts';
import { compileFilter } from './filter.ts';
import { messageStream } from './message-stream.ts';

type Listener = (message: Message) => void | Promise<void>;

const subscribed: readonly MessageKind[] = ['event', 'notification'];

interface Subscribe {
  (pattern: Pattern, listener: Listener, options?: SubscribeOptions): Subscription;
  (pattern: Pattern, options?: SubscribeOptions): MessageStream<never>;
}

/** Both forms of `subscribe`, over one way of delivery. */
export function subscriber(host: Host): Subscribe {
  const subscribe = (
    pattern: Pattern,
    second?: Listener | SubscribeOptions,
    third: SubscribeOptions = {},
  ): Subscription | MessageStream<Message> => {
    if (typeof second === 'function') {
      if (!third.once) return host.addEndpoint(definitionOf(pattern, third, second));
      const subscription: Subscription = host.addEndpoint(
        definitionOf(pattern, third, (message) => {
          subscription.stop();
          return second(message);
        }),
      );
      return subscription;
    }
    if (second !== undefined && (typeof second !== 'object' || second === null)) {
      throw busError(
        'BUS_OPTION_INVALID',
        `subscribe('${String(pattern)}', …) got a ${typeof second}: give a listener, or options`,
        { option: 'listener', value: typeof second },
      );
    }
    const options = second ?? {};
    return messageStream(options.once === true, (receive, removed) =>
      host.addEndpoint({ ...definitionOf(pattern, options, receive), removed }),
    );
  };
  return subscribe as Subscribe;
}

function definitionOf(
  pattern: Pattern,
  options: SubscribeOptions,
  handler: (message: Message) => void | Promise<void>,
): EndpointDefinition {
  const { mode, overflow, key, filter, ...rest } = options;
  if (mode !== undefined && mode !== 'all' && mode !== 'latest') {
    throw busError(
      'BUS_OPTION_INVALID',
      `option 'mode' is '${String(mode)}': give 'all' or 'latest'`,
      { option: 'mode', value: mode },
    );
  }
  return {
    ...rest,
    pattern,
    handler,
    kinds: subscribed,
    filter: compileFilter(filter),
    overflow: mode === 'latest' ? 'latest' : overflow,
    keyOf: key,
  };
}
