import type { Plan } from './audience.ts';
import { chooseForEach, chooseForRequest, wants } from './balance.ts';
import type { Context } from './context.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Balance, Endpoint } from './endpoint.ts';
import type { Message, MessageKind, Origin, SendOptions } from './envelope.ts';
import { type BusError, busError } from './errors.ts';
import type { MessageFields } from './message.ts';
import { BusMessage, MessageTraits } from './message.ts';
import type { Outcome } from './outcomes.ts';
import type { ReceiveExtras, SendExtras } from './plugin.ts';
import type { Count } from './promises.ts';
import { promised } from './promises.ts';
import type { Route } from './routes.ts';
import { checkPayload, expiredUnsent, fieldsOf } from './send-options.ts';
import { onAbort } from './signals.ts';
import { systemPrefix, topicFault } from './topic.ts';

/** The way of a message: outbound, route, select, dispatch, and then the runner's. */
export class Pipeline {
  readonly #context: Context;
  /** The traits of messages sent without options. */
  readonly #plainEvent: MessageTraits;
  readonly #plainNotification: MessageTraits;
  #sequence = 0;
  readonly #dispatcher: Dispatcher;
  readonly #freezes: boolean;

  constructor(context: Context, dispatcher: Dispatcher) {
    this.#context = context;
    this.#dispatcher = dispatcher;
    this.#plainEvent = new MessageTraits(context.home, 'event', {}, undefined);
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
      return promised(this.#sendChecked(kind, topic, payload, options, extras, route));
    }
    return promised(this.#tapOutbound(this.#message(kind, topic, payload), route, undefined));
  }

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
      this.#check(topic, payload, options, route);
      if (options !== undefined || kind === 'request') {
        fields = fieldsOf(kind, topic, options ?? {}, this.#context);
      }
    } catch (error) {
      return this.#refuse(this.#message(kind, topic, payload, extras), error);
    }
    const message = this.#message(kind, topic, payload, extras, fields);
    const signal = options?.signal;
    if (signal == null) return this.#tapOutbound(message, route, extras);
    return this.#until(signal, message, () => this.#tapOutbound(message, route, extras));
  }

  /** @throws where a message may not be sent at all. */
  #check(
    topic: string,
    payload: unknown,
    options: SendOptions | undefined,
    route: Route | undefined,
  ): void {
    const { settings } = this.#context;
    this.#checkOpen(topic, options?.parent);
    if (route === undefined || route.system) this.#checkTopic(topic);
    checkPayload(topic, payload, settings);
  }

  #checkOpen(topic: string, parent: Message | undefined): void {
    const { gate } = this.#context;
    const closed = gate.open ? undefined : this.#context.refusal(topic, parent);
    if (closed !== undefined) throw closed;
  }

  /** What users may send on. */
  #checkTopic(topic: string): void {
    const fault = topicFault(topic, this.#context.settings.limits) ?? systemFault(topic);
    if (fault !== undefined) throw fault;
  }

  channel(
    kind: MessageKind,
    topic: string,
    options: SendOptions | undefined,
  ): (payload: unknown) => Promise<number> {
    const { routes, gate } = this.#context;
    this.#checkTopic(topic);
    if (options !== undefined) {
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
      return this.#refuse(message, hooks.blame('inbound', error));
    }
    if (tapped === undefined) return this.#dispatcher.end(message, 'dropped', undefined, 'inbound');
    if (extras?.targets !== undefined && tapped.topic === topic) {
      return this.#among(tapped, extras.targets, extras);
    }
    return this.#select(tapped, routes.routeOf(tapped.topic), extras);
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
    const sequence = extras?.sequence ?? this.#sequence++;
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
    if (!gate.open) this.#checkOpen(topic, undefined);
    const fault = checkedTopic ? undefined : topicFault(topic, settings.limits);
    if (fault !== undefined) throw fault;
    checkHops(message, settings.limits.hops);
    if (deadline !== undefined && deadline <= env.now()) throw expiredUnsent(topic);
  }

  /** A message for some of the endpoints that match it, best first. */
  #among(message: BusMessage, given: readonly Endpoint[], extras: ReceiveExtras): Count {
    const { select } = this.#context.hooks;
    let targets = given;
    if (select !== undefined && given.length > 0) {
      try {
        targets = select(given, message) ?? [];
      } catch (error) {
        return this.#refuse(message, this.#context.hooks.blame('select', error));
      }
    }
    if (message.kind === 'request' || targets[0]?.group !== undefined) {
      try {
        targets = choose(targets, message, undefined, extras.scatter === true);
      } catch (error) {
        return this.#refuse(message, error);
      }
    }
    if (targets.length === 0) return this.#unrouted(message);
    return this.#dispatcher.dispatch(message, targets);
  }

  /** A system event: no check, no tap, and no trace where nobody listens. */
  emit(topic: string, payload: unknown): void {
    const { routes } = this.#context;
    const route = routes.routeOf(topic);
    if (route.plan('event').candidates.length === 0) return;
    this.#select(this.#message('event', topic, payload), route, undefined);
  }

  /** What the `select` taps would leave of the candidates. */
  preview(kind: MessageKind, topic: string, candidates: readonly Endpoint[]): readonly Endpoint[] {
    const { select } = this.#context.hooks;
    if (select === undefined) return candidates;
    return select(candidates, this.#message(kind, topic, undefined)) ?? [];
  }

  #refuse(message: BusMessage, error: unknown): Count {
    const refusal = error as BusError;
    const outcome = refusal.code === 'BUS_EXPIRED' ? 'expired' : 'rejected';
    return this.#dispatcher.end(message, outcome, refusal);
  }

  /** Ends what of a message has not been handled yet, and tells running handlers. */
  cancel(message: BusMessage, reason: BusError): void {
    const control = message.ownControl();
    if (control.reason !== undefined) return;
    control.reason = reason;
    control.controller?.abort(reason);
    let delivery = control.deliveries;
    while (delivery !== undefined) {
      const { sibling } = delivery;
      delivery.cancel(reason);
      delivery = sibling;
    }
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
    return new BusMessage(traits, this.#sequence++, clock.stamp(), topic, payload);
  }

  #plainTraits(kind: MessageKind): MessageTraits {
    if (kind === 'event') return this.#plainEvent;
    if (kind === 'notification') return this.#plainNotification;
    return new MessageTraits(this.#context.home, kind, {}, undefined);
  }

  /** Sends a message that can be cancelled; listens only while something of it is outstanding. */
  #until(signal: AbortSignal, message: BusMessage, send: () => Count): Count {
    const cancelled = (): BusError =>
      busError(
        'BUS_CANCELLED',
        `message on '${message.topic}' was cancelled by its sender`,
        { topic: message.topic },
        signal.reason,
      );
    if (signal.aborted) return this.#dispatcher.end(message, 'cancelled', cancelled());
    const control = message.ownControl();
    const sent = send();
    if (control.outstanding > 0) {
      const abort = (): void => this.cancel(message, cancelled());
      // A handler or tap that ran within the send may have aborted it.
      if (signal.aborted) abort();
      else control.release = onAbort(signal, abort);
    }
    return sent;
  }

  #tapOutbound(
    message: BusMessage,
    known: Route | undefined,
    extras: SendExtras | undefined,
  ): Count {
    const { hooks, routes } = this.#context;
    if (hooks.outbound === undefined) {
      return this.#select(message, known ?? routes.findRoute(message.topic), extras);
    }
    let tapped: BusMessage | undefined;
    try {
      tapped = hooks.outbound(message, undefined);
    } catch (error) {
      return this.#refuse(message, hooks.blame('outbound', error));
    }
    if (tapped === message && known !== undefined) return this.#select(message, known, extras);
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
    return this.#select(tapped, same ?? routes.routeOf(topic), extras);
  }

  #select(message: BusMessage, route: Route, extras: SendExtras | undefined): Count {
    const { select } = this.#context.hooks;
    const plan = route.plan(message.kind);
    const { candidates } = plan;
    let selected: readonly Endpoint[] | undefined = candidates;
    if (select !== undefined && candidates.length > 0) {
      try {
        selected = select(candidates, message);
      } catch (error) {
        return this.#refuse(message, this.#context.hooks.blame('select', error));
      }
    }
    const { targets } = plan;
    if (
      selected === candidates &&
      targets !== undefined &&
      targets.length > 0 &&
      extras === undefined &&
      message.traits === this.#plainEvent
    ) {
      return this.#dispatcher.dispatch(message, targets);
    }
    return this.#choose(message, plan, selected ?? [], extras);
  }

  #choose(
    message: BusMessage,
    plan: Plan,
    selected: readonly Endpoint[],
    extras: SendExtras | undefined,
  ): Count {
    const { completion, origin } = message;
    const scatter = extras?.scatter === true;
    const balance = extras?.balance;
    const candidates = origin === undefined ? selected : elsewhere(selected, origin);
    const fixed = candidates === plan.candidates && balance === undefined && !scatter;
    let targets = fixed ? plan.targets : undefined;
    try {
      targets ??= choose(candidates, message, balance, scatter);
    } catch (error) {
      return this.#refuse(message, error);
    }
    if (completion !== undefined && plan.filtered) {
      targets = targets.filter((endpoint) => wants(endpoint, message));
    }
    if (targets.length === 0) return this.#unrouted(message);
    return this.#dispatcher.dispatch(message, targets);
  }

  #unrouted(message: BusMessage): Count {
    const { hooks } = this.#context;
    let outcome: Outcome | undefined;
    try {
      outcome = hooks.unrouted(message);
    } catch (error) {
      return this.#refuse(message, error);
    }
    if (outcome !== undefined) {
      this.#dispatcher.end(message, outcome, undefined, 'unrouted');
      return 0;
    }
    if (message.kind === 'event') return this.#dispatcher.end(message, 'unroutable');
    const { topic } = message;
    return this.#dispatcher.end(
      message,
      'unroutable',
      busError(
        'BUS_NO_ROUTE',
        `nothing handles ${message.kind}s on '${topic}': add a handler with bus.handle('${topic}', …), or check the topic`,
        { topic },
      ),
    );
  }
}

function choose(
  candidates: readonly Endpoint[],
  message: Message,
  balance: Balance | undefined,
  scatter: boolean,
): readonly Endpoint[] {
  if (message.kind !== 'request') return chooseForEach(candidates, message);
  return scatter ? candidates : chooseForRequest(candidates, message, balance);
}

/** Without the endpoints of the link it came from; the same list where there are none. */
function elsewhere(candidates: readonly Endpoint[], origin: Origin): readonly Endpoint[] {
  const back = (endpoint: Endpoint): boolean => endpoint.extras?.origin === origin;
  return candidates.some(back) ? candidates.filter((endpoint) => !back(endpoint)) : candidates;
}

function checkHops({ topic, hops }: Message, limit: number): void {
  if (hops <= limit) return;
  throw busError(
    'BUS_HOPS_EXCEEDED',
    `'${topic}' crossed ${hops} links, over the limit of ${limit}: look for a loop`,
    { topic, hops, limit },
  );
}

function systemFault(topic: string): BusError | undefined {
  if (!topic.startsWith(systemPrefix)) return undefined;
  const reason = `begins with '${systemPrefix}', which is the bus's own`;
  return busError('BUS_TOPIC_INVALID', `topic '${topic}' ${reason}`, { topic, reason });
}
