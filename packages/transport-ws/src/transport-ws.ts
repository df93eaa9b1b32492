import { checkOptions, optionInvalid } from '@bus/core';
import type { LinkOptions, TransportPlugin } from '@bus/wire';
import { defineTransport } from '@bus/wire';
import type { WsFeatures } from './link-defaults.ts';
import type { ConnectTarget, ListenTarget } from './options.ts';
import { WsClient } from './ws-client.ts';
import { WsListener } from './ws-listener.ts';

/**
 * Links this bus to others over WebSockets: `{ listen }` accepts them, `{ connect }` asks for one.
 *
 * A listener offers and takes no topics until `receive` and `send` list them; a client by default
 * all. `plugin.transport.address` is the URL, which with port 0 is known once the bus has started.
 *
 * An address or path that cannot be had fails the start of the bus, with BUS_OPTION_INVALID as `cause`.
 * @throws BUS_OPTION_INVALID where `target` is neither, or an option is wrong
 * @example
 * ```ts
 * const hub = createBus().use(
 *   pubsub(),
 *   transportWs({ listen: { port: 8080, path: '/bus' } }, { receive: ['rates.*'] }),
 * );
 * const client = createBus().use(pubsub(), transportWs({ connect: 'ws://127.0.0.1:8080/bus' }));
 * ```
 */
export function transportWs(
  target: ListenTarget | ConnectTarget,
  options?: LinkOptions,
): TransportPlugin<WsFeatures> {
  checkOptions('transportWs', target, ['listen', 'connect']);
  const { listen, connect } = target as Partial<ListenTarget & ConnectTarget>;
  if (listen !== undefined && connect !== undefined)
    throw optionInvalid('connect', 'given with listen', 'one of them: each has its own transport');
  if (listen !== undefined) return defineTransport(new WsListener(listen, options), options, []);
  if (connect !== undefined) return defineTransport(new WsClient(connect, options), options);
  throw optionInvalid('listen', undefined, '`{ listen: { port } }` or `{ connect: url }`');
}
