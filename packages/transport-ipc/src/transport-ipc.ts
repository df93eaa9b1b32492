import { checkOptions, optionInvalid } from '@bus/core';
import type { LinkOptions, TransportPlugin } from '@bus/wire';
import { defineTransport } from '@bus/wire';
import type { PortFeatures } from './port.ts';
import { PortTransport } from './port-transport.ts';
import type { IpcPort } from './ports.ts';
import { portOf } from './ports.ts';
import type { SocketFeatures } from './socket-connection.ts';
import { SocketConnector } from './socket-connector.ts';
import { SocketListener } from './socket-listener.ts';

/**
 * A path to listen on, or to connect to: that of a socket file, relative to the working directory, at
 * most 100 bytes in full; on Windows that of a pipe, `\\.\pipe\name`, at most 256 characters.
 */
export type SocketTarget = { readonly listen: string } | { readonly connect: string };

/** A port to another thread or process; its far end makes a transport of its own end. */
export type PortTarget = { readonly port: IpcPort };

/** One of the three. */
export type IpcTarget = SocketTarget | PortTarget;

/**
 * Links this bus to others on the same machine, of the same user, over a socket. Without `receive`
 * and `send` all topics are shared but those of `$bus`.
 *
 * A path that cannot be had fails the start of the bus: `TRANSPORT_IPC_ADDRESS_IN_USE` and
 * `TRANSPORT_IPC_PATH_UNSAFE` are then the `cause`.
 * @throws BUS_OPTION_INVALID where the target is not exactly one path or port, or an option is wrong
 * @example
 * ```ts
 * const hub = createBus().use(pubsub(), transportIpc({ listen: './hub.sock' }));
 * const shop = createBus().use(pubsub(), transportIpc({ connect: './hub.sock' }));
 * ```
 */
export function transportIpc(
  target: SocketTarget,
  options?: LinkOptions,
): TransportPlugin<SocketFeatures>;
/**
 * Links this bus to that of another thread or process, which makes a transport of its end. `start`
 * waits for the other end.
 * @throws BUS_OPTION_INVALID where the target is not exactly one path or port, or an option is wrong
 * @example
 * ```ts
 * const here = transportIpc({ port: new Worker('./shop.js') });
 * const there = transportIpc({ port: parentPort ?? process }); // in shop.js
 * ```
 */
export function transportIpc(
  target: PortTarget,
  options?: LinkOptions,
): TransportPlugin<PortFeatures>;
export function transportIpc(
  target: IpcTarget,
  options?: LinkOptions,
): TransportPlugin<SocketFeatures | PortFeatures> {
  // The border is the socket's mode, or the port, which nobody has but whom it was given to.
  return defineTransport<SocketFeatures | PortFeatures>(transportTo(target), options);
}

function transportTo(target: IpcTarget): SocketListener | SocketConnector | PortTransport {
  checkOptions('transportIpc', target, ['listen', 'connect', 'port']);
  const given: Partial<Record<'listen' | 'connect' | 'port', unknown>> = { ...target };
  const count = [given.listen, given.connect, given.port].filter((one) => one !== undefined).length;
  if (count !== 1) throw optionInvalid('target', target, 'one of listen, connect and port');
  if ('port' in target) return new PortTransport(portOf(target.port));
  if ('listen' in target) return new SocketListener(checkedAddress('listen', target.listen));
  return new SocketConnector(checkedAddress('connect', target.connect));
}

function checkedAddress(option: string, path: unknown): string {
  if (typeof path === 'string' && path !== '' && !path.includes('\0')) return path;
  throw optionInvalid(option, path, 'the path of a socket file');
}
