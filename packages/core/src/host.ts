import { cancel } from './cancel.ts';
import type { Capability, CapabilityToken, ErasedApi } from './capability.ts';
import type { Stamp } from './clock.ts';
import type { Context } from './context.ts';
import type { Endpoint } from './endpoint.ts';
import type { EndpointDefinition } from './endpoint-definition.ts';
import type { Endpoints } from './endpoints.ts';
import type { Env } from './env.ts';
import type { Completion, Message, MessageKind, SendOptions } from './envelope.ts';
import type { BusError } from './errors.ts';
import type { HookPoints } from './hooks.ts';
import type { Inbound } from './inbound.ts';
import type { Logger } from './log.ts';
import type { Measurement } from './measurement.ts';
import type { BusMessage } from './message.ts';
import type { Limits } from './options.ts';
import type { PeerChange } from './peer.ts';
import type { Pipeline } from './pipeline.ts';
import type { Pattern } from './syntax.ts';
import { hookFailed } from './taps.ts';
import type { MessageFields } from './traits.ts';
import { MessageTraits } from './traits.ts';

/** What the kernel does for a message sent by a plugin, beyond what users may ask. */
export interface SendExtras {
  /** Told what became of it at each target. */
  readonly completion?: Completion | undefined;
  /** A request for every matching endpoint instead of one. */
  readonly scatter?: boolean | undefined;
  /** Overrides how equals are chosen among. */
  readonly balance?: EndpointDefinition['balance'];
  /** Leaves out the endpoints it says no of; asked once per message and candidate. */
  wants?(endpoint: Endpoint): boolean;
  /** Fields that its sender cannot set: of a message that is sent again, say. */
  readonly fields?: Pick<MessageFields, 'idPrefix' | 'attempt'> | undefined;
  /** The count that, with the id prefix, makes its id; default the bus's own count. */
  readonly sequence?: number | undefined;
}

/** What a link adds to a message that it has received. */
export interface ReceiveExtras {
  /** Told what became of it at each target; what it is told of can be cancelled. */
  readonly completion?: Completion | undefined;
  /** A request for each of the targets instead of one. */
  readonly scatter?: boolean | undefined;
  /**
   * The endpoints it is for, best first, where the sender has chosen among what the link offered.
   * They are equals: of one pattern, one priority and one group. The topic is taken as checked.
   */
  readonly targets?: readonly Endpoint[] | undefined;
  /** The sender's count of its messages, which `MessageFields.idPrefix` makes an id of. */
  readonly sequence?: number | undefined;
  /** When it was sent. */
  readonly stamp?: Stamp | undefined;
}

/** What `setup` gets: hook points and required capabilities, never the bus itself. */
export interface Host<R extends Capability = never> {
  /** The name of the bus, as links tell it to peers. */
  readonly busId: string;
  /** All that a plugin may know of time, randomness and timers. */
  readonly env: Env;
  /** What `createBus` was given as limits, with defaults filled in. */
  readonly limits: Limits;
  /** `createBus`'s `defaultTimeoutMs`: the deadline of what gives none. */
  readonly defaultTimeoutMs: number;
  /** What `createBus` was given to log with. */
  readonly log: Logger;
  /** Where this plugin taps; its name goes with each tap. */
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
  /** What many messages of a link have in common; they have no completion. */
  traits(kind: MessageKind, fields: MessageFields): MessageTraits;
  /** Cancels a message that its completion was told the targets of. */
  cancel(message: Message, reason: BusError): void;
  /** The API of a capability that happens to be installed; to be asked from `start` on. */
  find<F extends Capability>(token: CapabilityToken<F>): ErasedApi<F> | undefined;
  /** Publishes a system event; `topic` begins with `$bus.`. Costs nothing where nobody listens. */
  emit(topic: `$bus.${string}`, payload: unknown): void;
  /**
   * Adds what receives messages; stop it by the endpoint that is returned.
   * @throws BUS_PATTERN_INVALID, BUS_PATTERN_UNSUPPORTED, BUS_OPTION_INVALID, BUS_CLOSED, or what
   * an `admit` tap says.
   */
  addEndpoint(definition: EndpointDefinition): Endpoint;
  /** The endpoints, in the order they were added; those whose pattern is `pattern`, if given. */
  endpoints(pattern?: Pattern): readonly Endpoint[];
  /** Tells the `error` observers. */
  report(error: BusError): void;
  /** Tells the `peer` observers; for what keeps links. */
  peerChanged(change: PeerChange): void;
  /** What the `measure` taps of all plugins say now. */
  measurements(): readonly Measurement[];
  /**
   * Has every handler's run timed until the function it returns is called: a clock is read twice a
   * delivery then.
   */
  timeEveryRun(): () => void;
}

/** What each plugin gets of its bus, by its label and what the plugins it requires have added. */
export function hostsOf(
  context: Context,
  log: Logger,
  pipeline: Pipeline,
  inbound: Inbound,
  endpoints: Endpoints,
  find: Host['find'],
): (label: string, deps: object) => Host {
  const { home, env, settings, hooks, report } = context;
  return (label, deps) => ({
    busId: home.id,
    env,
    limits: settings.limits,
    defaultTimeoutMs: settings.defaultTimeoutMs,
    log,
    hooks: hooks.of(label),
    deps,
    send: (kind, topic, payload, options, extras) =>
      pipeline.send(kind, topic, payload, options, extras),
    channel: (kind, topic, options) => pipeline.channel(kind, topic, options),
    receive: (kind, topic, payload, fields, extras) =>
      inbound.receive(kind, topic, payload, fields, extras),
    traits: (kind, fields) => new MessageTraits(home, kind, fields, undefined),
    cancel: (message, reason) => cancel(message as BusMessage, reason),
    find,
    emit: (topic, payload) => pipeline.emit(topic, payload),
    addEndpoint: (definition) => endpoints.add(definition, label),
    endpoints: (pattern) => endpoints.of(pattern),
    report,
    peerChanged: (change) => hooks.peer?.(change),
    measurements: () => measurementsOf(context),
    timeEveryRun: () => hooks.timeEveryRun(),
  });
}

/** One plugin that cannot say its figures does not keep the others' from being shown. */
function measurementsOf({ hooks, report }: Context): readonly Measurement[] {
  return hooks.taps.measure.flatMap((tap) => {
    try {
      return tap.fn();
    } catch (error) {
      report(hookFailed(tap, error));
      return [];
    }
  });
}
