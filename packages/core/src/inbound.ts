import type { Context } from './context.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Message, MessageKind } from './envelope.ts';
import { busError } from './errors.ts';
import type { ReceiveExtras } from './host.ts';
import { BusMessage } from './message.ts';
import type { Count } from './promises.ts';
import { expiredUnsent } from './send-options.ts';
import type { Targeting } from './targeting.ts';
import { topicFault } from './topic.ts';
import type { MessageFields } from './traits.ts';
import { MessageTraits } from './traits.ts';

/** The way of a message from a link: hops, deadline, inbound; then it gets its targets. */
export class Inbound {
  readonly #context: Context;
  readonly #dispatcher: Dispatcher;
  readonly #targeting: Targeting;
  /** Numbers what comes without a number; downwards, so that no id is one of a message sent here. */
  #sequence = 0;

  constructor(context: Context, dispatcher: Dispatcher, targeting: Targeting) {
    this.#context = context;
    this.#dispatcher = dispatcher;
    this.#targeting = targeting;
  }

  receive(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    fields: MessageFields | MessageTraits,
    extras: ReceiveExtras | undefined,
  ): Count {
    const { hooks, routes } = this.#context;
    const message = this.#received(kind, topic, payload, fields, extras);
    let tapped: BusMessage | undefined = message;
    try {
      this.#checkReceived(message, extras?.targets !== undefined);
      if (hooks.inbound !== undefined) tapped = hooks.inbound(message, undefined);
    } catch (error) {
      return this.#dispatcher.refuse(message, hooks.blame('inbound', error));
    }
    if (tapped === undefined) return this.#dispatcher.end(message, 'dropped', undefined, 'inbound');
    if (extras?.targets !== undefined && tapped.topic === topic) {
      return this.#targeting.among(tapped, extras.targets, extras.scatter === true);
    }
    return this.#targeting.choose(tapped, routes.routeOf(tapped.topic), extras);
  }

  #received(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    fields: MessageFields | MessageTraits,
    extras: ReceiveExtras | undefined,
  ): BusMessage {
    const { home, clock } = this.#context;
    const traits =
      fields instanceof MessageTraits
        ? fields
        : new MessageTraits(home, kind, fields, extras?.completion);
    const sequence = extras?.sequence ?? --this.#sequence;
    const message = new BusMessage(
      traits,
      sequence,
      extras?.stamp ?? clock.stamp(),
      topic,
      payload,
    );
    if (traits.completion !== undefined) message.ownControl();
    return message;
  }

  #checkReceived(message: BusMessage, checkedTopic: boolean): void {
    const { settings, env, gate } = this.#context;
    const { topic, deadline } = message;
    gate.beforeSend(topic);
    const fault = checkedTopic ? undefined : topicFault(topic, settings.limits);
    if (fault !== undefined) throw fault;
    checkHops(message, settings.limits.hops);
    if (deadline !== undefined && deadline <= env.now()) throw expiredUnsent(topic);
  }
}

function checkHops({ topic, hops }: Message, limit: number): void {
  if (hops <= limit) return;
  throw busError(
    'BUS_HOPS_EXCEEDED',
    `'${topic}' crossed ${hops} links, over the limit of ${limit}: look for a loop`,
    { topic, hops, limit },
  );
}
