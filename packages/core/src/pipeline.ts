import { cancelledBy, sendUntil } from './cancel.ts';
import type { Context } from './context.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Endpoint } from './endpoint.ts';
import type { MessageKind, SendOptions } from './envelope.ts';
import type { Send } from './hooks.ts';
import type { SendExtras } from './host.ts';
import { BusMessage } from './message.ts';
import type { Count } from './promises.ts';
import { promised } from './promises.ts';
import type { Route } from './routes.ts';
import { checkSend, checkTopic } from './send-checks.ts';
import { fieldsOf, refuseUnknown } from './send-options.ts';
import type { SendEnds } from './taps.ts';
import type { Targeting } from './targeting.ts';
import type { MessageFields } from './traits.ts';
import { MessageTraits } from './traits.ts';

/** The way of a message of this bus: checked, made, outbound, routed; then it gets its targets. */
export class Pipeline {
  readonly #context: Context;
  /** The traits of notifications sent without options. */
  readonly #plainNotification: MessageTraits;
  #sequence = 0;
  readonly #dispatcher: Dispatcher;
  readonly #targeting: Targeting;
  readonly #freezes: boolean;

  constructor(context: Context, dispatcher: Dispatcher, targeting: Targeting) {
    this.#context = context;
    this.#dispatcher = dispatcher;
    this.#targeting = targeting;
    this.#plainNotification = new MessageTraits(context.home, 'notification', {}, undefined);
    this.#freezes = context.settings.freezePayloads;
  }

  send(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    options: SendOptions | undefined,
    extras: SendExtras | undefined,
  ): Promise<number> {
    const { routes, gate } = this.#context;
    const route = routes.cachedRoute(topic);
    if (
      route === undefined ||
      route.system ||
      options !== undefined ||
      extras !== undefined ||
      !gate.open ||
      this.#mustCheck(kind, payload)
    ) {
      return this.#sendTapped(kind, topic, payload, options, extras, route);
    }
    return promised(this.#tapOutbound(this.#message(kind, topic, payload), route, undefined));
  }

  #sendTapped(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    options: SendOptions | undefined,
    extras: SendExtras | undefined,
    route: Route | undefined,
  ): Promise<number> {
    const { send } = this.#context.hooks;
    if (send !== undefined && (options !== undefined || extras !== undefined)) {
      return send(kind, topic, payload, options, extras);
    }
    return promised(this.#sendChecked(kind, topic, payload, options, extras, route));
  }

  /** The innermost layer of the `send` hook. */
  readonly sendUntapped: Send = (kind, topic, payload, options, extras) => {
    const route = this.#context.routes.cachedRoute(topic);
    return promised(this.#sendChecked(kind, topic, payload, options, extras, route));
  };

  /** Ends a message that a `send` tap threw at. */
  readonly refuse: SendEnds['refuse'] = (error, kind, topic, payload, _options, extras) =>
    promised(this.#dispatcher.refuse(this.#message(kind, topic, payload, extras), error));

  #mustCheck(kind: MessageKind, payload: unknown): boolean {
    if (kind !== 'event' && kind !== 'notification') return true;
    if (typeof payload === 'object') return this.#freezes || payload instanceof Uint8Array;
    return typeof payload === 'string';
  }

  #sendChecked(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    options: SendOptions | undefined,
    extras: SendExtras | undefined,
    route: Route | undefined,
  ): Count {
    let fields: MessageFields | undefined;
    try {
      checkSend(this.#context, topic, payload, options?.parent, route);
      if (options !== undefined || kind === 'request') {
        if (options !== undefined) refuseUnknown(options);
        fields = fieldsOf(kind, topic, options ?? {}, this.#context);
      }
      if (extras?.fields !== undefined) {
        // `fieldsOf` makes an object for this message alone.
        fields = fields === undefined ? extras.fields : Object.assign(fields, extras.fields);
      }
    } catch (error) {
      return this.#dispatcher.refuse(this.#message(kind, topic, payload, extras), error);
    }
    const message = this.#message(kind, topic, payload, extras, fields);
    const signal = options?.signal;
    if (signal == null) return this.#tapOutbound(message, route, extras);
    if (signal.aborted) {
      return this.#dispatcher.end(message, 'cancelled', cancelledBy(signal, message));
    }
    return sendUntil(signal, message, () => this.#tapOutbound(message, route, extras));
  }

  channel(
    kind: MessageKind,
    topic: string,
    options: SendOptions | undefined,
  ): (payload: unknown) => Promise<number> {
    const { routes, gate, hooks, settings } = this.#context;
    checkTopic(topic, settings.limits);
    if (options !== undefined) {
      // What is left by `send` taps is checked with each message.
      if (hooks.send === undefined) refuseUnknown(options);
      fieldsOf('event', topic, options, this.#context);
      return (payload) => this.send(kind, topic, payload, options, undefined);
    }
    let route: Route | undefined;
    return (payload) => {
      if (route === undefined || !routes.isCurrent(route)) {
        route = routes.routeOf(topic);
      }
      if (!gate.open || this.#mustCheck(kind, payload)) {
        return promised(this.#sendChecked(kind, topic, payload, undefined, undefined, route));
      }
      return promised(this.#tapOutbound(this.#message(kind, topic, payload), route, undefined));
    };
  }

  /** A system event: no check, no tap, and no trace where nobody listens. */
  emit(topic: string, payload: unknown): void {
    const { routes } = this.#context;
    const route = routes.routeOf(topic);
    if (route.plan('event').candidates.length === 0) return;
    this.#targeting.choose(this.#message('event', topic, payload), route, undefined);
  }

  /** What the `select` taps would leave of the candidates. */
  preview(kind: MessageKind, topic: string, candidates: readonly Endpoint[]): readonly Endpoint[] {
    const { select } = this.#context.hooks;
    if (select === undefined) return candidates;
    return select(candidates, this.#message(kind, topic, undefined, undefined, asked)) ?? [];
  }

  #message(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    extras?: SendExtras,
    fields?: MessageFields,
  ): BusMessage {
    const { home, clock } = this.#context;
    const traits =
      fields === undefined && extras?.completion === undefined
        ? this.#plainTraits(kind)
        : new MessageTraits(home, kind, fields ?? {}, extras?.completion);
    const sequence = extras?.sequence ?? this.#sequence++;
    return new BusMessage(traits, sequence, clock.stamp(), topic, payload);
  }

  #plainTraits(kind: MessageKind): MessageTraits {
    if (kind === 'event') return this.#targeting.plainEvent;
    if (kind === 'notification') return this.#plainNotification;
    return new MessageTraits(this.#context.home, kind, {}, undefined);
  }

  #tapOutbound(
    message: BusMessage,
    known: Route | undefined,
    extras: SendExtras | undefined,
  ): Count {
    const { hooks, routes } = this.#context;
    if (hooks.outbound === undefined) {
      return this.#targeting.choose(message, known ?? routes.findRoute(message.topic), extras);
    }
    let tapped: BusMessage | undefined;
    try {
      tapped = hooks.outbound(message, undefined);
    } catch (error) {
      return this.#dispatcher.refuse(message, hooks.blame('outbound', error));
    }
    if (tapped === message && known !== undefined)
      return this.#targeting.choose(message, known, extras);
    return this.#routeTapped(message, tapped, known, extras);
  }

  #routeTapped(
    message: BusMessage,
    tapped: BusMessage | undefined,
    known: Route | undefined,
    extras: SendExtras | undefined,
  ): Count {
    if (tapped === undefined)
      return this.#dispatcher.end(message, 'dropped', undefined, 'outbound');
    const { routes } = this.#context;
    const { topic } = tapped;
    const same = topic === message.topic ? known : undefined;
    return this.#targeting.choose(tapped, same ?? routes.routeOf(topic), extras);
  }
}

/** Marks a message that is not sent. */
const asked: MessageFields = { attempt: 0 };
