export type { TransportIpcErrorCodes } from './errors.ts';
export type { PortFeatures } from './port.ts';
export type { IpcPort } from './ports.ts';
export type { SocketFeatures } from './socket-connection.ts';
export type { WebPort } from './thread-ports.ts';
export type { IpcTarget, PortTarget, SocketTarget } from './transport-ipc.ts';
export { transportIpc } from './transport-ipc.ts';
