import { checkOptions, optionInvalid } from '@bus/core';
import type { LinkOptions, TransportPlugin } from '@bus/wire';
import { defineTransport } from '@bus/wire';
import { shownUrl } from './address.ts';
import type { WsFeatures } from './link-defaults.ts';
import type { ConnectTarget } from './options.ts';
import { PlatformClient } from './platform-client.ts';
import type { PlatformSocket } from './platform-connection.ts';

// Named by the types of what a program makes of this, where `@bus/wire` cannot be found under its name.
export type {
  Authenticate,
  Authorize,
  Credentials,
  LinkInfo,
  LinkOptions,
  PeerHello,
  PeerIdentity,
  Transport,
  TransportPlugin,
} from '@bus/wire';
export type { TransportWsErrorCodes } from './errors.ts';
export type { WsFeatures } from './link-defaults.ts';
export type { ConnectTarget } from './options.ts';

interface Platform {
  readonly WebSocket?: new (url: string) => PlatformSocket;
}

function openSocket(url: string): PlatformSocket {
  const { WebSocket } = globalThis as unknown as Platform;
  if (WebSocket === undefined)
    throw optionInvalid(
      'connect',
      shownUrl(new URL(url)),
      'it on a platform that has WebSocket, as browsers do',
    );
  return new WebSocket(url);
}

/**
 * Links the bus of a page or worker to one that listens, on the platform's own `WebSocket`.
 * @throws BUS_OPTION_INVALID where `target` is not a `ws:` or `wss:` URL to connect to, or an option is
 * wrong
 * @example
 * ```ts
 * const bus = createBus().use(pubsub(), transportWs({ connect: `ws://${location.host}/bus` }));
 * ```
 */
export function transportWs(
  target: ConnectTarget,
  options?: LinkOptions,
): TransportPlugin<WsFeatures> {
  checkOptions('transportWs', target, ['connect', 'listen']);
  const { connect, listen } = target as ConnectTarget & { readonly listen?: unknown };
  if (connect === undefined || listen !== undefined)
    throw optionInvalid('connect', undefined, '`{ connect: url }`: browsers cannot listen');
  return defineTransport(new PlatformClient(connect, options, openSocket), options);
}
