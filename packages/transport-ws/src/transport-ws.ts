import type { LinkOptions, TransportPlugin } from '@bus/wire';
import { defineTransport } from '@bus/wire';
import { optionError } from './errors.ts';
import { type WsFeatures, withPatterns } from './link-defaults.ts';
import type { ConnectTarget, ListenTarget } from './options.ts';
import { WsClient } from './ws-client.ts';
import { WsListener } from './ws-listener.ts';

/**
 * Links this bus to others over WebSockets: `{ listen }` accepts them, `{ connect }` asks for one.
 *
 * A listener offers and takes no topics until `export` and `import` list them; a client by default
 * all. `plugin.transport.address` is the URL, which with port 0 is known once the bus has started.
 * @throws BUS_OPTION_INVALID
 */
export function transportWs(
  target: ListenTarget | ConnectTarget,
  options?: LinkOptions,
): TransportPlugin<WsFeatures> {
  const { listen, connect } = target as Partial<ListenTarget & ConnectTarget>;
  if (listen !== undefined && connect !== undefined)
    throw optionError('connect', connect, '`listen` or `connect`, one transport for each');
  if (listen !== undefined)
    return defineTransport(new WsListener(listen, options), withPatterns(options, []));
  if (connect !== undefined)
    return defineTransport(new WsClient(connect, options), withPatterns(options, ['**']));
  throw optionError('listen', undefined, '`{ listen: { port } }` or `{ connect: url }`');
}
