export type { TcpAddress, TcpFeatures, TcpOptions } from './tcp.ts';
export { transportTcp } from './tcp.ts';
