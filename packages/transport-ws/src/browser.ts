import type { LinkOptions, TransportPlugin } from '@bus/wire';
import { defineTransport } from '@bus/wire';
import { optionError } from './errors.ts';
import { type WsFeatures, withPatterns } from './link-defaults.ts';
import type { ConnectTarget } from './options.ts';
import { PlatformClient } from './platform-client.ts';
import type { PlatformSocket } from './platform-connection.ts';

export type { TransportWsErrorCodes } from './errors.ts';
export type { WsFeatures } from './link-defaults.ts';
export type { ConnectTarget } from './options.ts';

interface Platform {
  readonly WebSocket?: new (url: string) => PlatformSocket;
}

function openSocket(url: string): PlatformSocket {
  const { WebSocket } = globalThis as unknown as Platform;
  if (WebSocket === undefined)
    throw optionError('connect', url, 'it on a platform that has WebSocket, as browsers do');
  return new WebSocket(url);
}

/**
 * Links the bus of a page or worker to one that listens, on the platform's own `WebSocket`.
 * @throws BUS_OPTION_INVALID
 */
export function transportWs(
  target: ConnectTarget,
  options?: LinkOptions,
): TransportPlugin<WsFeatures> {
  if (target.connect === undefined)
    throw optionError('connect', undefined, '`{ connect: url }`: browsers cannot listen');
  const client = new PlatformClient(target.connect, options, openSocket);
  return defineTransport(client, withPatterns(options, ['**']));
}
