import type { BusError, BusMessage, Host, Plugin } from '@bus/core';
import { busError, definePlugin } from '@bus/core';
import { jsonCodec } from '../codec/json-codec.ts';
import { msgpackCodec } from '../codec/msgpack-codec.ts';
import { shown } from '../frames/shown.ts';
import { Attempts, checkEntrance } from '../greeting/access.ts';
import { Border } from '../interest/borders.ts';
import { blockUnlessQueued } from '../interest/remote-endpoint.ts';
import { Dialing } from '../link/dialing.ts';
import type { LinkContext } from '../link/link-context.ts';
import { Links } from '../link/links.ts';
import { reasonOf } from '../link/reason.ts';
import { BatchMemory } from '../out/batch-memory.ts';
import { MessageWriter } from '../out/message-writer.ts';
import { SentNames } from '../out/names.ts';
import type { LinkGuardApi } from './link-guard.ts';
import { LinkGuard } from './link-guard.ts';
import type { Authorize, LinkOptions } from './options.ts';
import {
  batchingOf,
  checkLinkOptions,
  heartbeatOf,
  limitsOf,
  reconnectOf,
  renamed,
} from './settings.ts';
import type { Transport, TransportFeatures } from './transport.ts';

/** A transport as a bus uses it; the transport itself is there for the conformance kit. */
export interface TransportPlugin<F extends TransportFeatures = TransportFeatures> extends Plugin {
  /** The bare transport the plugin was made of. */
  readonly transport: Transport<F>;
}

/**
 * Makes a plugin of a way to move bytes. Everything two buses have to agree on is done by the wire.
 *
 * A bus that starts waits for a transport that listens until it does, and for one that connects until
 * the peer is linked and has told what it offers. Before that a connection that fails is tried again as
 * `reconnect` says, unless trying again cannot mend it: then the start fails with what went wrong.
 * @param given - the options that the user of the transport has set.
 * @param topics - globs of what crosses, in both directions, where they give neither `receive` nor
 * `send`; default `['**']`, all but the topics of the bus itself.
 * @throws BUS_OPTION_INVALID where an option cannot be meant, or the transport is not `ordered`.
 * @throws BUS_PATTERN_INVALID where `receive` or `send` has a glob that cannot be read.
 * @example
 * ```ts
 * export function transportCarrierPigeon(loft: string, options: LinkOptions = {}): TransportPlugin {
 *   return defineTransport(new PigeonTransport(loft), options, ['notes.**']);
 * }
 * ```
 */
export function defineTransport<const F extends TransportFeatures>(
  transport: Transport<F>,
  given: LinkOptions = {},
  topics: readonly string[] = ['**'],
): TransportPlugin<F> {
  const { name, features, role } = transport;
  const { options, advice } = renamed(`transport '${name}'`, given);
  checkLinkOptions(`transport '${name}'`, options);
  const { receive, send } = options;
  const byDefault = receive === undefined && send === undefined ? topics : [];
  const receives = new Border(receive ?? byDefault);
  const sends = new Border(send ?? byDefault);
  if (!features.ordered) throw disordered(name);
  const plugin = definePlugin({
    name: `@bus/transport-${name}`,
    after: [LinkGuard.name],
    setup(host) {
      const context = contextOf(transport, options, { receives, sends }, host);
      const links = new Links(transport, context);
      const dialing =
        role === 'connect' ? new Dialing(transport, links, reconnectOf(options)) : undefined;
      host.hooks.start.tap((signal) => {
        for (const line of advice) host.log.warn(line);
        checkEntrance(context.entrance);
        return dialing?.start(signal) ?? transport.open(links, signal);
      });
      host.hooks.leave.tap(() => {
        dialing?.stop();
        return links.leave();
      });
      host.hooks.stop.tap(() => {
        dialing?.stop();
        return links.stop();
      });
      host.hooks.define.tap(blockUnlessQueued, { order: 'last' });
      host.hooks.endpoint.tap(({ type, endpoint }) => {
        links.tell(type, endpoint);
        return undefined;
      });
      host.hooks.fact.tap(({ name: fact, value }) => {
        if (fact === 'peer') links.heardOf(value);
        return undefined;
      });
      host.hooks.inspect.tap(() => ({ links: links.report() }));
      host.hooks.measure.tap(() => links.measurements());
      return undefined;
    },
  });
  return { ...plugin, transport };
}

function contextOf(
  transport: Transport,
  options: LinkOptions,
  borders: Pick<LinkContext, 'receives' | 'sends'>,
  host: Host,
): LinkContext {
  const { codec = [msgpackCodec(), jsonCodec()] } = options;
  const limits = limitsOf(options, host);
  const guard = (): LinkGuardApi['linkGuard'] | undefined => host.find(LinkGuard)?.linkGuard;
  const { idPrefix } = host.traits('event', {});
  // A plugin may give messages ids of its own, which the peer must be told.
  const isPlain = ({ origin, traits }: BusMessage): boolean =>
    origin === undefined && traits.idPrefix === idPrefix;
  return {
    host,
    env: host.env,
    transport: transport.name,
    features: transport.features,
    instance: hexOf(host.env.randomBytes(8)),
    idPrefix,
    options,
    limits,
    batching: batchingOf(options),
    heartbeat: heartbeatOf(options),
    entrance: {
      options,
      guard,
      attempts: new Attempts(host.env, limits.attemptsPerSecond),
      listens: transport.role === 'listen',
    },
    codecs: 'encode' in codec ? [codec] : codec,
    ...borders,
    trusted: options.trusted ?? transport.role === 'connect',
    relay: options.relay ?? true,
    memory: new BatchMemory(),
    writer: new MessageWriter(host.env, new SentNames(), isPlain),
    authorize: () => guarded(options.authorize ?? guard()?.authorize, host),
  };
}

/** What throws when it is asked has not said yes. */
function guarded(authorize: Authorize | undefined, host: Host): Authorize | undefined {
  if (authorize === undefined) return undefined;
  return (principal, action, topic) => {
    try {
      return authorize(principal, action, topic);
    } catch (cause) {
      const text = `authorize failed on '${shown(topic)}': ${reasonOf(cause)}`;
      const details = { topic, endpoint: 'authorize' };
      host.report(busError('BUS_HANDLER_FAILED', text, details, cause));
      return false;
    }
  };
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function disordered(name: string): BusError {
  const option = 'features.ordered';
  const text = `transport '${name}' says that bytes may arrive out of order, which no link can work over: put them in order below`;
  return busError('BUS_OPTION_INVALID', text, { option, value: false });
}
