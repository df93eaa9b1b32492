export { jsonCodec } from './codec/json-codec.ts';
export { msgpackCodec } from './codec/msgpack-codec.ts';
export type { DecodeLimits, PayloadBytes, PayloadCodec } from './codec/payload-codec.ts';
export type { WireErrorCodes } from './errors.ts';
export type { Heartbeat, Peer, PeerChange, WireFacts } from './link/peer.ts';
export type { LinkReport } from './link/report.ts';
export type { TransportPlugin } from './plugin/define-transport.ts';
export { defineTransport } from './plugin/define-transport.ts';
export type { LinkGuardApi } from './plugin/link-guard.ts';
export { LinkGuard } from './plugin/link-guard.ts';
export type * from './plugin/options.ts';
export type {
  Connection,
  ConnectionEvents,
  Transport,
  TransportFeatures,
  TransportHost,
} from './plugin/transport.ts';
