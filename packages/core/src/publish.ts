import type { Deliverer } from './deliver.ts';
import type { Dispatcher } from './dispatch.ts';
import type { Endpoint } from './endpoint/endpoint.ts';
import type { CoarseClock, Env, Stamp } from './env.ts';
import { type BusError, busError, handlerFailed, withoutStack } from './errors.ts';
import type { Gate } from './lifecycle.ts';
import {
  checkPayload,
  checkSendOptions,
  checkTopic,
  expiredUnsent,
  fieldsOf,
  topicFault,
} from './message/checks.ts';
import type { Message, MessageKind, Origin, SendOptions } from './message/envelope.ts';
import type { MessageFields, MessageHome } from './message/message.ts';
import { BusMessage, MessageTraits } from './message/message.ts';
import type { Settings } from './options.ts';
import { mostDeferred } from './order.ts';
import type { Deadlines } from './outcome/deadlines.ts';
import { cancelledBy, isAborted } from './outcome/deadlines.ts';
import type { Endings } from './outcome/endings.ts';
import type { Outcome } from './outcome/outcomes.ts';
import type { Count, SendPromises } from './outcome/results.ts';
import type { ReceiveExtras, Send, SendExtras } from './plugin/hooks.ts';
import type { KernelHooks } from './plugin/taps.ts';
import { Audience } from './route/choose.ts';
import type { Route, Routes } from './route/routes.ts';

/** The parts of a bus that publishing uses. */
export interface PublishParts {
  readonly home: MessageHome;
  readonly env: Env;
  readonly clock: CoarseClock;
  readonly settings: Settings;
  readonly gate: Gate;
  readonly hooks: KernelHooks;
  readonly routes: Routes;
  readonly promises: SendPromises;
  readonly deadlines: Deadlines;
  readonly deliverer: Deliverer;
  readonly dispatcher: Dispatcher;
  report(error: BusError, isWatched?: boolean): void;
}

/** A message's way to its targets: check, make, outbound or inbound, route, choose, dispatch. */
export class Publisher {
  readonly #parts: PublishParts;
  readonly #endings: Endings;
  readonly #plainEvent: MessageTraits;
  readonly #plainNotification: MessageTraits;
  #sequence = 0;
  /** Numbers received messages without a number; downwards, so that no id is one of our own. */
  #received = 0;

  constructor(parts: PublishParts) {
    this.#parts = parts;
    this.#endings = parts.deliverer.endings;
    this.#plainEvent = new MessageTraits(parts.home, 'event', {}, undefined);
    this.#plainNotification = new MessageTraits(parts.home, 'notification', {}, undefined);
  }

  // --- 1. Check and make

  /** Sends a message of this bus, through the `send` taps where it has options. */
  send(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    options: SendOptions | undefined,
    extras: SendExtras | undefined,
  ): Promise<number> {
    const { send } = this.#parts.hooks;
    if (send !== undefined && (options !== undefined || extras !== undefined)) {
      return send(kind, topic, payload, options, extras);
    }
    return this.sendUntapped(kind, topic, payload, options, extras);
  }

  /** The innermost layer of the `send` hook. */
  readonly sendUntapped: Send = (kind, topic, payload, options, extras) => {
    const { promises, routes } = this.#parts;
    const route = routes.cached(topic);
    return promises.of(this.#send(kind, topic, payload, options, extras, route));
  };

  #send(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    options: SendOptions | undefined,
    extras: SendExtras | undefined,
    route: Route | undefined,
  ): Count {
    const { gate, settings } = this.#parts;
    const isPlain = options === undefined && kind !== 'request';
    const { runs } = this.#parts.deliverer;
    let cause = isPlain && gate.isOpen ? undefined : runs.cause();
    let fields: MessageFields | undefined;
    try {
      if (options != null) {
        checkSendOptions(options);
        if (options.parent != null) cause = options.parent as BusMessage;
      }
      if (!gate.isOpen) gate.beforeSend(topic, cause, runs.unrecognised > 0);
      if (route === undefined || route.isSystem) checkTopic(topic, settings.limits);
      checkPayload(topic, payload, settings);
      if (!isPlain) {
        const { env } = this.#parts;
        const inherited = kind === 'request' ? this.#dueOf(cause) : undefined;
        fields = fieldsOf(kind, topic, options ?? {}, inherited, settings, env);
      }
    } catch (error) {
      return this.#endings.refused(this.#make(kind, topic, payload, undefined, extras), error);
    }
    const message = this.#make(kind, topic, payload, fields, extras);
    const signal = options?.signal ?? undefined;
    if (signal !== undefined || (kind === 'request' && cause !== undefined)) {
      const outstanding = message.track();
      outstanding.signal = signal;
      const isOurs = cause?.traits?.home === this.#parts.home;
      outstanding.cause = kind === 'request' && isOurs ? cause : undefined;
      if (isAborted(signal))
        return this.#endings.unreached(message, 'cancelled', cancelledBy(signal, message));
    }
    return this.#outbound(message, route, extras);
  }

  /** When a message is due, by now: a stall of our own event loop moves that. */
  #dueOf(cause: BusMessage | undefined): number | undefined {
    if (cause?.deadline === undefined) return undefined;
    const { deadlines } = this.#parts;
    const { outstanding, deadline } = cause;
    return outstanding?.list === undefined
      ? deadlines.extended(deadline)
      : deadlines.dueOf(outstanding);
  }

  #make(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    fields: MessageFields | undefined,
    extras: SendExtras | undefined,
  ): BusMessage {
    const { home, clock } = this.#parts;
    const own = extras?.fields;
    const all = fields === undefined || own === undefined ? (fields ?? own) : { ...fields, ...own };
    const traits =
      all === undefined && extras?.completion === undefined
        ? this.#plain(kind)
        : new MessageTraits(home, kind, all ?? {}, extras?.completion);
    const sequence = extras?.sequence ?? this.#sequence++;
    const message = new BusMessage(traits, sequence, clock.stamp(), topic, payload);
    // Whoever is told of it may cancel it.
    if (traits.completion !== undefined) message.track();
    return message;
  }

  #plain(kind: MessageKind): MessageTraits {
    if (kind === 'event') return this.#plainEvent;
    if (kind === 'notification') return this.#plainNotification;
    return new MessageTraits(this.#parts.home, kind, {}, undefined);
  }

  /** A direct way to one topic: its options are checked once. */
  channel(
    kind: MessageKind,
    topic: string,
    options: SendOptions | undefined,
  ): (payload: unknown) => Promise<number> {
    const { routes, settings, hooks, env } = this.#parts;
    checkTopic(topic, settings.limits);
    if (options !== undefined && hooks.send === undefined) {
      checkSendOptions(options);
      // Only checked: time begins with each message.
      const { timeoutMs = 1 } = options;
      const checked = { ...options, timeoutMs: timeoutMs === 0 ? 1 : timeoutMs };
      fieldsOf(kind, topic, checked, undefined, settings, env);
    }
    return (payload) => {
      routes.of(topic);
      return this.send(kind, topic, payload, options, undefined);
    };
  }

  /** A system event: no check, no tap, and no trace where nothing listens. */
  emit(topic: string, payload: unknown): void {
    const { gate, routes } = this.#parts;
    if (!gate.isOpen) return;
    let route: Route;
    try {
      route = routes.of(topic);
    } catch (error) {
      this.#parts.report(this.#parts.hooks.blame('claim', error));
      return;
    }
    if (route.audience('event').endpoints.length === 0) return;
    this.#route(this.#make('event', topic, payload, undefined, undefined), route, undefined);
  }

  // --- 2. Outbound, or inbound

  #outbound(message: BusMessage, route: Route | undefined, extras: SendExtras | undefined): Count {
    const { hooks } = this.#parts;
    if (hooks.outbound === undefined) return this.#route(message, route, extras);
    let tapped: BusMessage | undefined;
    try {
      tapped = hooks.outbound(message, undefined);
    } catch (error) {
      return this.#endings.refused(message, hooks.blame('outbound', error));
    }
    if (tapped === undefined)
      return this.#endings.unreached(message, 'dropped', undefined, 'outbound');
    return this.#route(tapped, tapped.topic === message.topic ? route : undefined, extras);
  }

  /** Takes a message that came over a link. */
  receive(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    fields: MessageFields | MessageTraits,
    extras: ReceiveExtras | undefined,
  ): Count {
    const { hooks } = this.#parts;
    const message = this.#makeReceived(kind, topic, payload, fields, extras);
    let tapped: BusMessage | undefined = message;
    try {
      this.#checkReceived(message, extras?.targets !== undefined);
      if (hooks.inbound !== undefined) tapped = hooks.inbound(message, undefined);
    } catch (error) {
      return this.#endings.refused(message, hooks.blame('inbound', error));
    }
    if (tapped === undefined)
      return this.#endings.unreached(message, 'dropped', undefined, 'inbound');
    if (extras?.targets === undefined || tapped.topic !== topic) {
      return this.#route(tapped, undefined, extras);
    }
    const { targets, scatter } = extras;
    const { deliverer } = this.#parts;
    if (!deliverer.order.mustHold) return this.#among(tapped, targets, scatter === true);
    return this.#defer(tapped, () => this.#among(tapped, targets, scatter === true));
  }

  #makeReceived(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    fields: MessageFields | MessageTraits,
    extras: ReceiveExtras | undefined,
  ): BusMessage {
    const { home, clock } = this.#parts;
    const traits =
      fields instanceof MessageTraits
        ? fields
        : new MessageTraits(home, kind, fields, extras?.completion);
    const sequence = extras?.sequence ?? --this.#received;
    const stamp: Stamp = extras?.stamp ?? clock.stamp();
    const message = new BusMessage(traits, sequence, stamp, topic, payload);
    if (traits.completion !== undefined) message.track();
    return message;
  }

  #checkReceived(message: BusMessage, isTopicChecked: boolean): void {
    const { settings, gate, env } = this.#parts;
    const { topic, deadline, hops } = message;
    if (!gate.isOpen) gate.beforeSend(topic, undefined, false);
    const fault = isTopicChecked ? undefined : topicFault(topic, settings.limits);
    if (fault !== undefined) throw fault;
    const limit = settings.limits.hops;
    if (hops > limit) {
      const text = `'${topic}' crossed ${hops} links, over the limit of ${limit}: look for a loop`;
      throw busError('BUS_HOPS_EXCEEDED', text, { topic, hops, limit });
    }
    if (deadline !== undefined && deadline <= env.now()) throw expiredUnsent(topic);
  }

  // --- 3. Route

  /** Routes a message, once everyone has its cause. */
  #route(
    message: BusMessage,
    route: Route | undefined,
    extras: SendExtras | ReceiveExtras | undefined,
  ): Count {
    const { deliverer } = this.#parts;
    if (!deliverer.order.mustHold) return this.#choose(message, route, extras);
    // A link uses one object for many messages.
    const { scatter, balance, wants } = (extras ?? {}) as SendExtras;
    const own: SendExtras = { scatter, balance, wants: wants?.bind(extras) };
    // The route may have changed by then.
    return this.#defer(message, () => this.#choose(message, undefined, own));
  }

  #defer(message: BusMessage, go: () => Count): Count {
    const { deliverer } = this.#parts;
    if (deliverer.order.isFlooded)
      return this.#endings.unreached(message, 'rejected', flooded(message));
    return deliverer.order.defer(message, () => this.#later(message, go));
  }

  /** Goes on with a message that was deferred, unless it has been given up or is due by now. */
  #later(message: BusMessage, go: () => Count): Count {
    const { gate } = this.#parts;
    const { outstanding, deadline, topic } = message;
    const signal = outstanding?.signal;
    try {
      if (gate.isSealed) gate.beforeSend(topic, undefined, false);
    } catch (error) {
      return this.#endings.refused(message, error);
    }
    if (isAborted(signal))
      return this.#endings.unreached(message, 'cancelled', cancelledBy(signal, message));
    if (outstanding?.reason !== undefined) {
      return this.#endings.unreached(message, 'cancelled', outstanding.reason);
    }
    if (
      deadline !== undefined &&
      this.#parts.deadlines.extended(deadline) <= this.#parts.env.now()
    ) {
      return this.#endings.unreached(message, 'expired', expiredUnsent(topic));
    }
    return go();
  }

  // --- 4. Choose

  #choose(message: BusMessage, known: Route | undefined, extras: SendExtras | undefined): Count {
    const { origin } = message;
    let targets: readonly Endpoint[] | undefined;
    try {
      const route = known ?? this.#parts.routes.of(message.topic);
      const audience = route.audience(message.kind);
      let candidates = audience.endpoints;
      const { wants } = extras ?? {};
      if (wants !== undefined) candidates = wanted(candidates, message, extras as Wanting);
      if (origin !== undefined) candidates = elsewhere(candidates, origin);
      const selected = this.#select(candidates, message, false);
      const isAll = selected === audience.endpoints;
      targets = this.#chooseFrom(isAll ? audience : new Audience([...selected]), message, extras);
    } catch (error) {
      // Where it is no error of the bus, a matcher has thrown.
      return this.#endings.refused(message, this.#parts.hooks.blame('claim', error));
    }
    return targets.length === 0
      ? this.#unrouted(message)
      : this.#parts.dispatcher.dispatch(message, targets);
  }

  /** Sends a message to those given, which its sender knows to match; best first. */
  #among(message: BusMessage, given: readonly Endpoint[], scatter: boolean): Count {
    let targets: readonly Endpoint[];
    try {
      targets = this.#select(given, message, false);
      const isPlain = message.kind !== 'request' && targets[0]?.extras === undefined;
      if (!isPlain) targets = this.#chooseFrom(new Audience([...targets]), message, { scatter });
    } catch (error) {
      return this.#endings.refused(message, error);
    }
    return targets.length === 0
      ? this.#unrouted(message)
      : this.#parts.dispatcher.dispatch(message, targets);
  }

  #chooseFrom(
    audience: Audience,
    message: BusMessage,
    extras: SendExtras | undefined,
  ): readonly Endpoint[] {
    const { report } = this.#parts;
    if (message.kind !== 'request') return audience.each(message, report);
    if (extras?.scatter === true) return audience.willing(message, report);
    return audience.one(message, extras?.balance, report);
  }

  /** What the `select` taps leave of the candidates. */
  #select(
    candidates: readonly Endpoint[],
    message: Message,
    isDryRun: boolean,
  ): readonly Endpoint[] {
    const { hooks } = this.#parts;
    if (hooks.select === undefined || candidates.length === 0) return candidates;
    try {
      return hooks.select(candidates, { message, isDryRun }) ?? [];
    } catch (error) {
      throw hooks.blame('select', error);
    }
  }

  /** The same for a message that is not sent. */
  preview(kind: MessageKind, topic: string, candidates: readonly Endpoint[]): readonly Endpoint[] {
    const { home, clock } = this.#parts;
    const traits = new MessageTraits(home, kind, {}, undefined);
    const message = new BusMessage(traits, -1, clock.stamp(), topic, undefined);
    return this.#select(candidates, message, true);
  }

  #unrouted(message: BusMessage): Count {
    let outcome: Outcome | undefined;
    try {
      outcome = this.#parts.hooks.unrouted(message);
    } catch (error) {
      return this.#endings.refused(message, error);
    }
    if (outcome !== undefined)
      return this.#endings.unreached(message, outcome, undefined, 'unrouted');
    if (message.kind === 'event') return this.#endings.unreached(message, 'unroutable');
    const { kind, topic } = message;
    const text = `nothing handles ${kind}s on '${topic}': add a handler with bus.handle('${topic}', …), or check the topic`;
    return this.#endings.unreached(
      message,
      'unroutable',
      busError('BUS_NO_ROUTE', text, { topic }),
    );
  }

  // --- Messages that reach no endpoint

  /** Ends a message that a `send` tap threw at. */
  readonly refuse = (
    error: BusError,
    ...[kind, topic, payload, , extras]: Parameters<Send>
  ): Promise<number> =>
    this.#parts.promises.of(
      this.#endings.refused(this.#make(kind, topic, payload, undefined, extras), error),
    );
}

/** Handlers send too fast for the messages that caused it. */
function flooded({ topic }: Message): BusError {
  const text = `'${topic}' is one message too many: ${mostDeferred} that handlers sent wait for theirs to reach everyone: await each send`;
  const details = { topic, endpoint: 'the handlers that send', capacity: mostDeferred };
  return withoutStack(() => busError('BUS_MAILBOX_FULL', text, details));
}

/** A sender that leaves some endpoints out. */
type Wanting = Pick<SendExtras, 'wants'>;

/** @throws BUS_HANDLER_FAILED */
function wanted(
  candidates: readonly Endpoint[],
  { topic }: Message,
  sender: Wanting,
): readonly Endpoint[] {
  try {
    const isAll = candidates.map((endpoint) => sender.wants?.(endpoint) ?? true);
    return isAll.every(Boolean) ? candidates : candidates.filter((_, i) => isAll[i]);
  } catch (cause) {
    throw handlerFailed('the sender', topic, undefined, cause);
  }
}

/** Without the endpoints of the link it came from; the same list where there are none. */
function elsewhere(candidates: readonly Endpoint[], origin: Origin): readonly Endpoint[] {
  const isBack = (endpoint: Endpoint): boolean => endpoint.extras?.origin === origin;
  return candidates.some(isBack) ? candidates.filter((one) => !isBack(one)) : candidates;
}
