import { chooseForEach, chooseForRequest, wants } from './balance.ts';
import type { CoarseClock } from './clock.ts';
import type { Delivery } from './delivery.ts';
import type { Balance, Endpoint } from './endpoint.ts';
import type { Env } from './env.ts';
import type { Message, MessageFields, MessageHome, MessageKind, SendOptions } from './envelope.ts';
import { BusMessage } from './envelope.ts';
import { BusError, busError } from './errors.ts';
import type { CompiledHooks } from './kernel-hooks.ts';
import type { Settings } from './options.ts';
import type { Ledger, Outcome } from './outcomes.ts';
import type { SendExtras } from './plugin.ts';
import type { Route, Routes } from './routes.ts';
import type { Answer, Runner } from './runner.ts';
import { fieldsOf, payloadFault } from './send-options.ts';
import { systemPrefix, topicFault } from './topic.ts';

/** What the pipeline needs of its bus. */
export interface PipelineContext {
  readonly home: MessageHome;
  readonly env: Env;
  readonly clock: CoarseClock;
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly routes: Routes;
  readonly runner: Runner;
  readonly hooks: CompiledHooks;
  /** Open while messages may be sent. */
  readonly gate: { open: boolean };
  /** Why this one may not be sent through a closed gate, if so. */
  refusal(topic: string, parent: Message | undefined): BusError | undefined;
  report(error: BusError): void;
}

/** A message whose `dispatch` taps took their time; its places in the mailboxes are reserved. */
interface HeldDispatch {
  readonly places: readonly Delivery[];
}

const acceptedBy: Promise<number>[] = [];

/** The shared, already resolved promise of a count. */
function countPromise(count: number): Promise<number> {
  let promise = acceptedBy[count];
  if (promise === undefined) {
    promise = Promise.resolve(count);
    if (count < 1024) acceptedBy[count] = promise;
  }
  return promise;
}

/** A rejection that does not end the process where nobody awaits it; it has been reported. */
function rejection(error: BusError): Promise<number> {
  const promise = Promise.reject(error);
  promise.catch(() => undefined);
  return promise;
}

/** The way of a message: outbound, route, select, dispatch, and then the runner's. */
export class Pipeline {
  readonly #context: PipelineContext;
  #sequence = 0;
  /** The message whose dispatch taps are on the stack and have not passed it on yet. */
  #dispatching: Message | undefined;
  readonly #held = new Map<string, HeldDispatch>();
  /** Answers that are no counts, of the sends on the stack; one array for all. */
  readonly #others: Answer[] = [];

  constructor(context: PipelineContext) {
    this.#context = context;
  }

  /** Messages held by `dispatch` taps. */
  get held(): number {
    return this.#held.size;
  }

  send(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    options: SendOptions | undefined,
    extras: SendExtras | undefined,
  ): Promise<number> {
    const { routes, settings } = this.#context;
    if (!this.#context.gate.open) {
      const refusal = this.#context.refusal(topic, options?.parent);
      if (refusal !== undefined) return this.#refuse(kind, topic, payload, refusal, extras);
    }
    const route = routes.cachedRoute(topic);
    if (route === undefined || route.system) {
      const fault = topicFault(topic, settings.limits) ?? systemFault(topic);
      if (fault !== undefined) return this.#refuse(kind, topic, payload, fault, extras);
    }
    const fault = payloadFault(topic, payload, settings);
    if (fault !== undefined) return this.#refuse(kind, topic, payload, fault, extras);
    let fields: MessageFields | undefined;
    if (options !== undefined || kind === 'request') {
      const checked = fieldsOf(kind, topic, options, settings, this.#context.env);
      if (checked instanceof BusError) return this.#refuse(kind, topic, payload, checked, extras);
      fields = checked;
    }
    const message = this.#message(kind, topic, payload, extras, fields);
    const signal = options?.signal;
    if (signal == null) return this.#route(message, route, extras);
    return this.#until(signal, message, () => this.#route(message, route, extras));
  }

  channel(
    kind: MessageKind,
    topic: string,
    options: SendOptions | undefined,
  ): (payload: unknown) => Promise<number> {
    if (options !== undefined) {
      return (payload) => this.send(kind, topic, payload, options, undefined);
    }
    const { routes, settings, hooks } = this.#context;
    const fault = topicFault(topic, settings.limits) ?? systemFault(topic);
    if (fault !== undefined) throw fault;
    let route: Route | undefined;
    return (payload) => {
      if (
        route === undefined ||
        !routes.isCurrent(route) ||
        !this.#context.gate.open ||
        payloadFault(topic, payload, settings) !== undefined
      ) {
        route = routes.cachedRoute(topic) ?? routes.findRoute(topic);
        return this.send(kind, topic, payload, undefined, undefined);
      }
      const message = this.#message(kind, topic, payload, undefined, undefined);
      if (hooks.outbound !== undefined) return this.#route(message, route, undefined);
      return this.#choose(message, route, undefined);
    };
  }

  receive(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    fields: MessageFields,
    extras: SendExtras | undefined,
  ): Promise<number> {
    const { settings, hooks, routes } = this.#context;
    const message = this.#message(kind, topic, payload, extras, fields);
    const closed = this.#context.gate.open ? undefined : this.#context.refusal(topic, undefined);
    const refusal = closed ?? topicFault(topic, settings.limits);
    if (refusal !== undefined) return this.#end(message, 'rejected', refusal);
    const { hops } = settings.limits;
    if (message.hops > hops) {
      return this.#end(
        message,
        'rejected',
        busError(
          'BUS_HOPS_EXCEEDED',
          `message on '${topic}' has crossed ${message.hops} links, over the limit of ${hops}: look for a loop`,
          { topic, hops: message.hops, limit: hops },
        ),
      );
    }
    let tapped: BusMessage | undefined = message;
    if (hooks.inbound !== undefined) {
      try {
        tapped = hooks.inbound(message, undefined);
      } catch (error) {
        return this.#end(message, 'rejected', error as BusError);
      }
      if (tapped === undefined) return this.#end(message, 'dropped', undefined, 'inbound');
    }
    const route = routes.cachedRoute(tapped.topic) ?? routes.findRoute(tapped.topic);
    if (extras?.signal === undefined) return this.#choose(tapped, route, extras);
    const received = tapped;
    return this.#until(extras.signal, received, () => this.#choose(received, route, extras));
  }

  /** A system event: no check, no tap, and no trace where nobody listens. */
  emit(topic: string, payload: unknown): void {
    const { routes } = this.#context;
    const route = routes.cachedRoute(topic) ?? routes.findRoute(topic);
    if (route.plan('event').candidates.length === 0) return;
    this.#choose(this.#message('event', topic, payload, undefined, undefined), route, undefined);
  }

  /** What the `select` taps would leave of the candidates. */
  preview(kind: MessageKind, topic: string, candidates: readonly Endpoint[]): readonly Endpoint[] {
    const { select } = this.#context.hooks;
    if (select === undefined) return candidates;
    return select(candidates, this.#message(kind, topic, undefined, undefined, undefined)) ?? [];
  }

  #cancel(message: BusMessage, reason: BusError): void {
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
    extras: SendExtras | undefined,
    fields: MessageFields | undefined,
  ): BusMessage {
    const { home, clock } = this.#context;
    const stamp = clock.stamp();
    return new BusMessage(
      home,
      this.#sequence++,
      stamp,
      kind,
      topic,
      payload,
      extras?.completion,
      fields,
      0,
    );
  }

  /** Sends a message that can be cancelled; listens only while something of it is outstanding. */
  #until(signal: AbortSignal, message: BusMessage, send: () => Promise<number>): Promise<number> {
    const cancelled = (): BusError =>
      busError(
        'BUS_CANCELLED',
        `message on '${message.topic}' was cancelled by its sender`,
        { topic: message.topic },
        signal.reason,
      );
    if (signal.aborted) return this.#end(message, 'cancelled', cancelled());
    const control = message.ownControl();
    const sent = send();
    if (control.outstanding > 0) {
      const abort = (): void => this.#cancel(message, cancelled());
      signal.addEventListener('abort', abort, { once: true });
      control.release = () => signal.removeEventListener('abort', abort);
    }
    return sent;
  }

  #route(
    message: BusMessage,
    known: Route | undefined,
    extras: SendExtras | undefined,
  ): Promise<number> {
    const { hooks, routes } = this.#context;
    if (hooks.outbound === undefined) {
      return this.#choose(message, known ?? routes.findRoute(message.topic), extras);
    }
    let tapped: BusMessage | undefined;
    try {
      tapped = hooks.outbound(message, undefined);
    } catch (error) {
      return this.#end(message, 'rejected', error as BusError);
    }
    if (tapped === undefined) return this.#end(message, 'dropped', undefined, 'outbound');
    const { topic } = tapped;
    const same = topic === message.topic ? known : routes.cachedRoute(topic);
    return this.#choose(tapped, same ?? routes.findRoute(topic), extras);
  }

  #choose(message: BusMessage, route: Route, extras: SendExtras | undefined): Promise<number> {
    const { hooks } = this.#context;
    const plan = route.plan(message.kind);
    let { candidates } = plan;
    if (message.origin !== undefined) candidates = elsewhere(candidates, message);
    if (candidates.length === 0) return this.#unrouted(message);
    if (hooks.select !== undefined) {
      try {
        candidates = hooks.select(candidates, message) ?? [];
      } catch (error) {
        return this.#end(message, 'rejected', error as BusError);
      }
    }
    const balance = extras?.balance;
    const fixed =
      candidates === plan.candidates && balance === undefined ? plan.targets : undefined;
    let targets =
      fixed !== undefined && extras?.scatter !== true
        ? fixed
        : choose(candidates, message, balance, extras?.scatter === true);
    const { completion } = message;
    if (completion !== undefined && targets.some((endpoint) => endpoint.filter !== undefined)) {
      targets = targets.filter((endpoint) => wants(endpoint, message));
    }
    if (targets.length === 0) return this.#unrouted(message);
    completion?.targeted?.(targets.length);
    return this.#dispatch(message, targets);
  }

  #dispatch(message: BusMessage, targets: readonly Endpoint[]): Promise<number> {
    const { hooks } = this.#context;
    if (hooks.dispatch === undefined) return this.#accept(message, targets);
    const outer = this.#dispatching;
    this.#dispatching = message;
    let result: number | Promise<number>;
    try {
      result = hooks.dispatch(message, targets);
    } catch (error) {
      this.#dispatching = outer;
      return this.#end(message, 'rejected', error as BusError);
    }
    const passedOn = this.#dispatching !== message;
    this.#dispatching = outer;
    if (typeof result === 'number') {
      return passedOn ? countPromise(result) : this.#end(message, 'dropped', undefined, 'dispatch');
    }
    return passedOn ? result : this.#hold(message, targets, result);
  }

  /** The taps are writing it ahead: its place in every mailbox is taken now, the start comes later. */
  #hold(
    message: BusMessage,
    targets: readonly Endpoint[],
    result: Promise<number>,
  ): Promise<number> {
    const { runner } = this.#context;
    const places = targets.flatMap((endpoint) => runner.hold(endpoint, message) ?? []);
    this.#held.set(message.id, { places });
    const close = (error: BusError): void => {
      this.#held.delete(message.id);
      for (const place of places) if (place.held) runner.withdraw(place, error);
    };
    const settled = Promise.resolve(result).then(
      (count) => {
        if (this.#held.has(message.id)) close(droppedByTap(message));
        return count;
      },
      (cause) => {
        const error = BusError.is(cause) ? cause : droppedByTap(message, cause);
        if (this.#held.has(message.id)) close(error);
        this.#context.report(error);
        throw error;
      },
    );
    settled.catch(() => undefined);
    return settled;
  }

  /** The innermost layer of the `dispatch` hook. */
  readonly passOn = (message: Message, targets: readonly Endpoint[]): number | Promise<number> => {
    const own = message as BusMessage;
    const dispatching = this.#dispatching;
    if (dispatching === message || dispatching?.id === message.id) {
      this.#dispatching = undefined;
      const accepted = this.#acceptAll(own, targets);
      return accepted;
    }
    const held = this.#held.get(message.id);
    if (held === undefined) return this.#acceptAll(own, targets);
    this.#held.delete(message.id);
    const { runner } = this.#context;
    let count = 0;
    for (const place of held.places) {
      if (!place.held || place.ended) continue;
      if (targets.includes(place.endpoint)) {
        runner.write(place, own);
        count++;
      } else runner.withdraw(place, droppedByTap(own));
    }
    return count;
  };

  #accept(message: BusMessage, targets: readonly Endpoint[]): Promise<number> {
    const accepted = this.#acceptAll(message, targets);
    return typeof accepted === 'number' ? countPromise(accepted) : accepted;
  }

  #acceptAll(message: BusMessage, targets: readonly Endpoint[]): number | Promise<number> {
    const others = this.#others;
    const before = others.length;
    const accepted = this.#context.runner.offerAll(targets, message, others);
    return others.length === before ? accepted : this.#settleAll(accepted, others.splice(before));
  }

  #settleAll(accepted: number, answers: Answer[]): Promise<number> {
    const settled = Promise.all(answers).then((all) => {
      let count = accepted;
      let refusal: BusError | undefined;
      for (const answer of all) {
        if (typeof answer === 'number') count += answer;
        else {
          refusal ??= answer;
          this.#context.report(answer);
        }
      }
      if (refusal !== undefined) throw refusal;
      return count;
    });
    settled.catch(() => undefined);
    return settled;
  }

  #unrouted(message: BusMessage): Promise<number> {
    const { hooks } = this.#context;
    let outcome: Outcome | undefined;
    try {
      outcome = hooks.unrouted?.(message);
    } catch (error) {
      return this.#end(message, 'rejected', error as BusError);
    }
    if (outcome !== undefined) {
      this.#end(message, outcome, undefined, 'unrouted');
      return countPromise(0);
    }
    if (message.kind === 'event') return this.#end(message, 'unroutable', undefined);
    const { topic } = message;
    return this.#end(
      message,
      'unroutable',
      busError(
        'BUS_NO_ROUTE',
        `nothing handles ${message.kind}s on '${topic}': add a handler with bus.handle('${topic}', …), or check the topic`,
        { topic },
      ),
    );
  }

  #refuse(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    error: BusError,
    extras: SendExtras | undefined,
  ): Promise<number> {
    const outcome = error.code === 'BUS_CANCELLED' ? 'cancelled' : 'rejected';
    return this.#end(this.#message(kind, topic, payload, extras, undefined), outcome, error);
  }

  /** Ends a message that reached no endpoint. */
  #end(
    message: BusMessage,
    outcome: Outcome,
    error: BusError | undefined,
    reason?: string,
  ): Promise<number> {
    const { ledger, hooks, clock } = this.#context;
    ledger.accepted++;
    ledger.count(outcome, reason);
    hooks.outcome?.(message, undefined, outcome, clock.stamp().now, Number.NaN, error, reason);
    message.completion?.settled(message, undefined, outcome, undefined, error);
    if (error === undefined) return countPromise(0);
    this.#context.report(error);
    return rejection(error);
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
function elsewhere(candidates: readonly Endpoint[], message: Message): readonly Endpoint[] {
  const { origin } = message as BusMessage;
  const back = (endpoint: Endpoint): boolean => endpoint.extras?.origin === origin;
  return candidates.some(back) ? candidates.filter((endpoint) => !back(endpoint)) : candidates;
}

function systemFault(topic: string): BusError | undefined {
  if (!topic.startsWith(systemPrefix)) return undefined;
  const reason = `begins with '${systemPrefix}', which is the bus's own`;
  return busError('BUS_TOPIC_INVALID', `topic '${topic}' ${reason}`, { topic, reason });
}

function droppedByTap(message: Message, cause?: unknown): BusError {
  return busError(
    'BUS_HOOK_FAILED',
    `a dispatch tap kept the message on '${message.topic}' to itself`,
    { hook: 'dispatch', plugin: 'unknown' },
    cause,
  );
}
