export type { AcmeAddress, AcmeFeatures, AcmeOptions } from './transport.ts';
export { transportAcme } from './transport.ts';
