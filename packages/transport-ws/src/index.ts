export type { TransportWsErrorCodes } from './errors.ts';
export type { WsFeatures } from './link-defaults.ts';
export type { ConnectTarget, HttpServer, ListenOptions, ListenTarget } from './options.ts';
export { transportWs } from './transport-ws.ts';
