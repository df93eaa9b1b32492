import type { Endpoint, Host, Message, Pattern, Subscription } from '@bus/core';
import { optionInvalid } from '@bus/core';
import type { MessageStream, SubscribeOptions } from './api.ts';
import type { Listener } from './definition.ts';
import { checkGiven, definitionOf } from './definition.ts';
import { SubscribedMessages } from './message-stream.ts';

interface Subscribe {
  (pattern: Pattern, listener: Listener, options?: SubscribeOptions): Subscription;
  (pattern: Pattern, options: SubscribeOptions, listener: Listener): Subscription;
  (pattern: Pattern, options?: SubscribeOptions): MessageStream<never>;
}

/** Makes `subscribe`: both of its forms use one way of delivery. */
export function subscriber(host: Host): Subscribe {
  const subscribe = (
    pattern: Pattern,
    second?: Listener | SubscribeOptions,
    third?: Listener | SubscribeOptions,
  ): Subscription | MessageStream<Message> => {
    if (typeof second === 'function' && typeof third !== 'function') {
      checkGiven(third);
      return withListener(host, pattern, second, third ?? {});
    }
    if (typeof third === 'function' && typeof second === 'object') {
      checkGiven(second);
      return withListener(host, pattern, third, second ?? {});
    }
    if (typeof second === 'function') throw noListener(pattern, third);
    const options = second ?? {};
    if (typeof options !== 'object' || third !== undefined) throw noListener(pattern, second);
    checkGiven(options);
    return new SubscribedMessages(options.once === true, (receive, removed) =>
      host.addEndpoint({ ...definitionOf(pattern, options, receive), removed }),
    );
  };
  return subscribe as Subscribe;
}

function withListener(
  host: Host,
  pattern: Pattern,
  listener: Listener,
  options: SubscribeOptions,
): Subscription {
  return options.once
    ? subscribeOnce(host, pattern, listener, options)
    : host.addEndpoint(definitionOf(pattern, options, listener));
}

/** A subscription to `$bus.endpoint.added` gets its own event before its endpoint is known here. */
function subscribeOnce(
  host: Host,
  pattern: Pattern,
  listener: Listener,
  options: SubscribeOptions,
): Subscription {
  let endpoint: Endpoint | undefined;
  let done = false;
  const once = (message: Message): unknown => {
    if (done) return undefined;
    done = true;
    endpoint?.stop();
    return listener(message);
  };
  const name = options.name ?? (listener.name || undefined);
  endpoint = host.addEndpoint(definitionOf(pattern, { ...options, name }, once));
  if (done) endpoint.stop();
  return endpoint;
}

function noListener(pattern: Pattern, value: unknown): Error {
  const call = `subscribe('${String(pattern)}', …)`;
  return optionInvalid('listener', value, `${call} a function, or only options`);
}
