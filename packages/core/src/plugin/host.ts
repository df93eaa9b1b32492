import type { Capability, CapabilityToken, ErasedApi, Pattern } from '../contract.ts';
import type { Deliverer } from '../deliver.ts';
import type { Endpoint, EndpointDefinition } from '../endpoint/endpoint.ts';
import type { Endpoints } from '../endpoint/endpoints.ts';
import type { Env } from '../env.ts';
import type { BusError, Logger } from '../errors.ts';
import type { Gate } from '../lifecycle.ts';
import type { Message, MessageKind, SendOptions } from '../message/envelope.ts';
import type { BusMessage, MessageFields, MessageHome } from '../message/message.ts';
import { MessageTraits } from '../message/message.ts';
import type { Limits, Settings } from '../options.ts';
import { cancel } from '../outcome/deadlines.ts';
import type { Publisher } from '../publish.ts';
import type { Fact, Facts, HookPoints, Measurement, ReceiveExtras, SendExtras } from './hooks.ts';
import type { KernelHooks } from './taps.ts';
import { hookFailed } from './taps.ts';

/** The bus as `setup` gets it: hook points and required capabilities, never the bus itself. */
export interface Host<R extends Capability = never> {
  /** The name of the bus, as links tell it to peers. */
  readonly busId: string;
  /** The only source of time, randomness and timers for a plugin. */
  readonly env: Env;
  /** The `limits` given to `createBus`, with defaults filled in. */
  readonly limits: Limits;
  /** The `defaultTimeoutMs` given to `createBus`: for anything that sets no time limit. */
  readonly defaultTimeoutMs: number;
  /** The logger given to `createBus`. */
  readonly log: Logger;
  /** The hook points; this plugin's name goes with each tap. */
  readonly hooks: HookPoints;
  /** The APIs of all required capabilities, merged. */
  readonly deps: ErasedApi<R>;
  /** Sends as a verb of the bus does; resolves to how many targets accepted. */
  send(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    options?: SendOptions,
    extras?: SendExtras,
  ): Promise<number>;
  /** A direct way to one topic: the options are checked and the route found once. */
  channel(
    kind: MessageKind,
    topic: string,
    options?: SendOptions,
  ): (payload: unknown) => Promise<number>;
  /**
   * Takes a message that came over a link: checks hops, runs `inbound`, routes it to every endpoint
   * but those of its own origin, or to the targets given. Returns how many accepted, or a promise of
   * that where some have no room yet; rejections are counted too. Traits made once by {@link traits}
   * serve many messages.
   */
  receive(
    kind: MessageKind,
    topic: string,
    payload: unknown,
    fields: MessageFields | MessageTraits,
    extras?: ReceiveExtras,
  ): number | Promise<number>;
  /**
   * Runs `receive`, which receives one message in parts, for some targets each. Messages that handlers
   * send meanwhile are delivered after the last part, as in a fan-out of one bus.
   */
  together(receive: () => void): void;
  /** Makes the traits that many messages of a link share; they have no completion. */
  traits(kind: MessageKind, fields: MessageFields): MessageTraits;
  /** Cancels a message whose completion was told of its targets. */
  cancel(message: Message, reason: BusError): void;
  /** The API of a capability that may be installed; to be called from `start` on. */
  find<F extends Capability>(token: CapabilityToken<F>): ErasedApi<F> | undefined;
  /** Publishes a system event; `topic` begins with `$bus.`. Costs nothing where nothing listens. */
  emit(topic: `$bus.${string}`, payload: unknown): void;
  /**
   * Adds an endpoint; call its `stop` to remove it.
   * @throws BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, BUS_OPTION_INVALID, BUS_CLOSED, or what
   * an `admit` tap says.
   */
  addEndpoint(definition: EndpointDefinition): Endpoint;
  /** The endpoints, in the order they were added; those whose pattern is `pattern`, if given. */
  endpoints(pattern?: Pattern): readonly Endpoint[];
  /** Tells the `error` observers, and the log unless a sender has the error already. */
  report(error: BusError, isWatched?: boolean): void;
  /** Tells the observers of the hook `fact`. */
  tell<Name extends keyof Facts>(name: Name, value: Facts[Name]): void;
  /** Collects the figures of all plugins, through their `measure` taps. */
  measurements(): readonly Measurement[];
  /**
   * Has every handler's run timed until the returned function is called: the clock is then read twice
   * a delivery.
   */
  timeEveryRun(): () => void;
}

/** The parts of a bus that plugins reach through their hosts. */
export interface HostParts {
  readonly home: MessageHome;
  readonly env: Env;
  readonly settings: Settings;
  readonly log: Logger;
  readonly gate: Gate;
  readonly hooks: KernelHooks;
  readonly publisher: Publisher;
  readonly deliverer: Deliverer;
  readonly endpoints: Endpoints;
  report(error: BusError, isWatched?: boolean): void;
  readonly find: Host['find'];
}

/** Makes the host of one plugin: by its label and the APIs of the capabilities it requires. */
export function hostOf(parts: HostParts, label: string, deps: object): Host {
  const { home, env, settings, log, gate, hooks, publisher, deliverer, endpoints, report, find } =
    parts;
  return {
    busId: home.id,
    env,
    limits: settings.limits,
    defaultTimeoutMs: settings.defaultTimeoutMs,
    log,
    hooks: hooks.of(label, (action) => gate.beforeStart(action)),
    deps,
    send: (kind, topic, payload, options, extras) =>
      publisher.send(kind, topic, payload, options, extras),
    channel: (kind, topic, options) => publisher.channel(kind, topic, options),
    receive: (kind, topic, payload, fields, extras) =>
      publisher.receive(kind, topic, payload, fields, extras),
    together: (receive) => deliverer.order.together(receive),
    traits: (kind, fields) => new MessageTraits(home, kind, fields, undefined),
    cancel: (message, reason) => cancel(message as BusMessage, reason),
    find,
    emit: (topic, payload) => publisher.emit(topic, payload),
    addEndpoint: (definition) => endpoints.add(definition, label),
    endpoints: (pattern) => endpoints.of(pattern),
    report: (error, isWatched) => report(error, isWatched),
    tell: (name, value) => hooks.fact?.({ name, value } as Fact),
    // A plugin that cannot give its figures does not hide those of others.
    measurements: () =>
      hooks.taps.measure.flatMap((tap) => {
        try {
          return tap.fn();
        } catch (error) {
          report(hookFailed(tap, error));
          return [];
        }
      }),
    timeEveryRun: () => {
      let asks = 1;
      hooks.timeEvery++;
      return () => {
        hooks.timeEvery -= asks;
        asks = 0;
      };
    },
  };
}
