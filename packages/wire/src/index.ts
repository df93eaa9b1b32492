export type { TransportPlugin } from './define-transport.ts';
export { defineTransport } from './define-transport.ts';
export type { WireErrorCodes } from './errors.ts';
export { jsonCodec } from './json-codec.ts';
export type { LinkGuardApi } from './link-guard.ts';
export { LinkGuard } from './link-guard.ts';
export { msgpackCodec } from './msgpack-codec.ts';
export type * from './options.ts';
export type { DecodeLimits, PayloadBytes, PayloadCodec } from './payload-codec.ts';
export type { LinkReport } from './report.ts';
export type {
  Connection,
  ConnectionEvents,
  Transport,
  TransportFeatures,
  TransportHost,
} from './transport.ts';
