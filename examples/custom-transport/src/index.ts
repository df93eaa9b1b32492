// Named by the types of what a program makes of this, where `@bus/wire` cannot be found under its name.
export type { LinkOptions, Transport, TransportPlugin } from '@bus/wire';
export type { TcpAddress, TcpFeatures, TcpOptions } from './tcp.ts';
export { transportTcp } from './tcp.ts';
