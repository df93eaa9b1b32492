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
export type { TransportIpcErrorCodes } from './errors.ts';
export type { PortFeatures } from './port.ts';
export type { IpcPort } from './ports.ts';
export type { SocketFeatures } from './socket-connection.ts';
export type { WebPort } from './thread-ports.ts';
export type { IpcTarget, PortTarget, SocketTarget } from './transport-ipc.ts';
export { transportIpc } from './transport-ipc.ts';
