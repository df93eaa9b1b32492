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
export type { ConnectTarget, HttpServer, ListenOptions, ListenTarget } from './options.ts';
export { transportWs } from './transport-ws.ts';
