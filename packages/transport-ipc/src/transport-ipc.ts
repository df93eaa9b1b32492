import type { LinkOptions, TransportPlugin } from '@bus/wire';
import { defineTransport } from '@bus/wire';
import { optionError } from './errors.ts';
import type { PortFeatures } from './port.ts';
import { PortTransport } from './port-transport.ts';
import type { IpcPort } from './ports.ts';
import { portOf } from './ports.ts';
import type { SocketFeatures } from './socket-connection.ts';
import { SocketConnector } from './socket-connector.ts';
import { SocketListener } from './socket-listener.ts';

/** A socket file, or on Windows a pipe; relative to the working directory; at most 100 bytes in full. */
export type SocketTarget = { readonly listen: string } | { readonly connect: string };

/** A port to another thread or process; its far end makes a transport of its own end. */
export type PortTarget = { readonly port: IpcPort };

/** One of the three. */
export type IpcTarget = SocketTarget | PortTarget;

/**
 * Links this bus to another on the same machine, of the same user. Without `export` and `import` all
 * topics are shared but those of `$bus`.
 * @throws BUS_OPTION_INVALID
 */
export function transportIpc(
  target: SocketTarget,
  options?: LinkOptions,
): TransportPlugin<SocketFeatures>;
export function transportIpc(
  target: PortTarget,
  options?: LinkOptions,
): TransportPlugin<PortFeatures>;
export function transportIpc(
  target: IpcTarget,
  options: LinkOptions = {},
): TransportPlugin<SocketFeatures | PortFeatures> {
  // The border is the socket's mode, or the port, which nobody has but whom it was given to.
  const shared = {
    ...options,
    export: options.export ?? ['**'],
    import: options.import ?? ['**'],
  };
  return defineTransport<SocketFeatures | PortFeatures>(transportTo(target), shared);
}

function transportTo(target: IpcTarget): SocketListener | SocketConnector | PortTransport {
  const given: Partial<Record<'listen' | 'connect' | 'port', unknown>> = { ...target };
  const count = [given.listen, given.connect, given.port].filter((one) => one !== undefined).length;
  if (count !== 1) throw optionError('target', target, 'one of listen, connect and port');
  if ('port' in target) return new PortTransport(portOf(target.port));
  if ('listen' in target) return new SocketListener(checkedAddress('listen', target.listen));
  return new SocketConnector(checkedAddress('connect', target.connect));
}

function checkedAddress(option: string, path: unknown): string {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return path;
  throw optionError(option, path, 'the path of a socket file');
}
